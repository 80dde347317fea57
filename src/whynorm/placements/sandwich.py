"""Normalising what a sub-layer reads and what it returns (Ding 2021, arXiv:2105.13290)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Norms, Placement, Stack, Sublayer


class Sandwich(Placement):
    """x + after(F(before(x))); `final` adds the norm at the end that pre-norm stacks have."""

    def __init__(self, norm: MakeNorm, stack: Stack, *, final: bool = True) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)
        self.after = Norms(norm, stack)
        self.final = norm(stack.d_model) if final else None

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer is added between its two norms."""
        both = zip(self.norms.of(index), self.after.of(index), sublayers, strict=True)
        for before, after, sublayer in both:
            x = x + after(sublayer(before(x, real)), real)
        return x

    def leave(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The stream, normalised at last where there is a final norm."""
        return x if self.final is None else self.final(x, real)
