"""The paper's own placement (Vaswani 2017, §3.1)."""

from collections.abc import Sequence

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Norms, Placement, Stack, Sublayer


class Post(Placement):
    """norm(x + F(x))."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(stack)
        self.norms = Norms(norm, stack)

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """Each sub-layer's residual sum, normalised."""
        for norm, sublayer in zip(self.norms.of(index), sublayers, strict=True):
            x = norm(x + sublayer(x), real)
        return x
