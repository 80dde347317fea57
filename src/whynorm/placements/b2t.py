"""Post-norm with a connection from bottom to top of each layer (Takase 2023, arXiv:2206.00330)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import Placement, Sublayer


class BottomToTop(Placement):
    """norm(x + F(x)), with the layer's input added before the layer's last norm."""

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """Each residual sum, normalised; the last one has the layer's input in it."""
        bottom, last = x, len(sublayers) - 1
        for place, (norm, sublayer) in enumerate(zip(self.norms.of(index), sublayers, strict=True)):
            x = x + sublayer(x)
            x = norm(x + bottom if place == last else x, real)
        return x
