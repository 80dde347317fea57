"""Pre-norm whose norms are scaled down with depth (Sun 2025, arXiv:2502.05795)."""

import math
from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import Sublayer
from whynorm.placements.pre import Pre


class LayerNormScaling(Pre):
    """x + F(norm(x) / sqrt(layer)), layers counted from 1; the norm at the end is not scaled."""

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer of a scaled norm is added."""
        scale = 1 / math.sqrt(index + 1)
        for norm, sublayer in zip(self.norms.of(index), sublayers, strict=True):
            x = x + sublayer(scale * norm(x, real))
        return x
