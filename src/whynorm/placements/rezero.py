"""Residual branches that start at nothing (Bachlechner 2020, arXiv:2003.04887)."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.placements.placement import MakeNorm, Place, Placement, Stack, Sublayer


class ReZero(Placement):
    """x + a F(norm(x)), with one learnt number a for each layer that starts at 0.

    `shared=False` gives each sub-layer its own. The paper has no norm there, and its option
    chooses none; another stands where pre-norm has it.
    """

    def __init__(self, norm: MakeNorm, stack: Stack, *, shared: bool = True) -> None:
        super().__init__(norm, stack)
        count = 1 if shared else stack.sublayers
        self.a = nn.ParameterList(torch.zeros(count) for _ in range(stack.layers))

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which the sub-layer is added by its own share."""
        # a vector of one, and no number, so that the product is not taken in half precision
        shares = self.a[at.layer].expand(self.stack.sublayers).split(1)
        return x + shares[at.sublayer] * sublayer(norm(x))
