"""The position-wise feed-forward network (Vaswani 2017, eq. 2)."""

from jaxtyping import Float
from torch import Tensor, nn

from whynorm.model.linear import Linear
from whynorm.placements.placement import Sublayer, unchanged


class FeedForward(nn.Module):
    """max(0, x W1 + b1) W2 + b2, on each token alone."""

    def __init__(self, d_model: int, *, d_ff: int) -> None:
        super().__init__()
        self.inner = Linear(d_model, d_ff)
        self.outer = Linear(d_ff, d_model)

    def forward(
        self, x: Float[Tensor, "batch time feature"], inside: Sublayer = unchanged
    ) -> Float[Tensor, "batch time feature"]:
        """The network's output, of x's shape; `inside` stands before the second matrix."""
        return self.outer(inside(self.inner(x).relu()))
