"""Pre-norm whose norms are scaled down with depth (Sun 2025, arXiv:2502.05795)."""

import math

from jaxtyping import Float
from torch import Tensor

from whynorm.placements.placement import Place, Sublayer
from whynorm.placements.pre import Pre


class LayerNormScaling(Pre):
    """x + F(norm(x) / sqrt(layer)), layers counted from 1; the norm at the end is not scaled."""

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which the sub-layer of a scaled norm is added."""
        return x + sublayer(norm(x) / math.sqrt(at.layer + 1))
