"""Normalising what a sub-layer reads and what it returns (Ding 2021, arXiv:2105.13290)."""

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Norms, Place, Placement, Stack, Sublayer


class Sandwich(Placement):
    """x + after(F(norm(x))); `final` adds the norm at the end that pre-norm stacks have."""

    def __init__(self, norm: MakeNorm, stack: Stack, *, final: bool = True) -> None:
        super().__init__(norm, stack)
        self.after = Norms(norm, stack)
        self.final = norm(stack.d_model) if final else None

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which the sub-layer is added between its two norms."""
        after = self.after.one(at.layer, at.sublayer)
        return x + after(sublayer(norm(x)), at.real)

    def leave(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The stream, normalised at last where there is a final norm."""
        return x if self.final is None else self.final(x, real)
