"""The paper's own placement (Vaswani 2017, §3.1)."""

from jaxtyping import Float
from torch import Tensor

from whynorm.placements.placement import Place, Placement, Sublayer


class Post(Placement):
    """norm(x + F(x))."""

    def connect(
        self, x: Float[Tensor, "batch time feature"], sublayer: Sublayer, norm: Sublayer, at: Place
    ) -> Float[Tensor, "batch time feature"]:
        """The residual sum, normalised."""
        return norm(x + sublayer(x))
