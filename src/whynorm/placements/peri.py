"""Norms all around: sandwiched sub-layers, embedding and end (Kim 2025, arXiv:2502.02732)."""

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Stack
from whynorm.placements.sandwich import Sandwich


class Peri(Sandwich):
    """x + after(F(before(x))), of a normalised embedding, with a norm at the end."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(norm, stack, final=True)
        self.first = norm(stack.d_model)

    def enter(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The embedding, normalised."""
        return self.first(x, real)
