"""Normalising what a sub-layer reads (Xiong 2020, arXiv:2002.04745)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Norms, Placement, Stack, Sublayer


class Pre(Placement):
    """x + F(norm(x)), with one more norm at the end of the stack."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)
        self.final = norm(stack.d_model)

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer of a normalised copy is added."""
        for norm, sublayer in zip(self.norms.of(index), sublayers, strict=True):
            x = x + sublayer(norm(x, real))
        return x

    def leave(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The stream, normalised at last."""
        return self.final(x, real)
