"""Root-mean-square normalisation (Zhang & Sennrich 2019, arXiv:1910.07467, eq. 4)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.norm import Norm


class RMSNorm(Norm):
    """x / sqrt(mean of squares + eps) over the features of each token; no centring, no bias."""

    def __init__(self, d_model: int, *, eps: float = 1e-5, weight: bool = True) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=False)

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Zero and the root mean square of each token's features."""
        return x.new_zeros(()), torch.sqrt(x.square().mean(-1, keepdim=True) + self.eps)
