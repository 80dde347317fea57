"""Residual branches that start at nothing (Bachlechner 2020, arXiv:2003.04887)."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.placements.placement import MakeNorm, Norms, Placement, Stack, Sublayer


class ReZero(Placement):
    """x + a F(norm(x)), with one learnt number a for each layer that starts at 0.

    `shared=False` gives each sub-layer its own. The paper has no norm there, and its option
    chooses none; another stands where pre-norm has it.
    """

    def __init__(self, norm: MakeNorm, stack: Stack, *, shared: bool = True) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)
        count = 1 if shared else stack.sublayers
        self.a = nn.ParameterList(torch.zeros(count) for _ in range(stack.layers))

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer is added by its own share."""
        # a vector each, and no number, so that the product is not taken in half precision
        shares = self.a[index].expand(len(sublayers)).split(1)
        for a, norm, sublayer in zip(shares, self.norms.of(index), sublayers, strict=True):
            x = x + a * sublayer(norm(x, real))
        return x
