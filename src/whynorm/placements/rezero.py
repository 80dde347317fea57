"""Residual branches that start at nothing (Bachlechner 2020, arXiv:2003.04887)."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.placements.placement import MakeNorm, Norms, Placement, Stack, Sublayer


class ReZero(Placement):
    """x + a F(norm(x)), with one learnt number a for each sub-layer that starts at 0.

    The paper has no norm there, and its option chooses none; another stands where pre-norm has it.
    """

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)
        self.a = nn.Parameter(torch.zeros(stack.layers, stack.sublayers))

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer is added by its own share."""
        every = zip(self.a[index], self.norms.of(index), sublayers, strict=True)
        for a, norm, sublayer in every:
            x = x + a * sublayer(norm(x, real))
        return x
