"""Normalising what a sub-layer reads (Xiong 2020, arXiv:2002.04745)."""

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Place, Placement, Stack, Sublayer


class Pre(Placement):
    """x + F(norm(x)), with one more norm at the end of the stack."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(norm, stack)
        self.final = norm(stack.d_model)

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which the sub-layer of a normalised copy is added."""
        return x + sublayer(norm(x))

    def leave(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The stream, normalised at last."""
        return self.final(x, real)
