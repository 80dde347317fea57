"""Adaptive normalisation (Xu, Sun, Zhang, Zhao & Lin 2019, arXiv:1911.07013)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.layer import layered
from whynorm.norms.norm import Norm


class AdaNorm(Norm):
    """c (1 - k y) y with y the z-score of each token's features; no weight, no bias.

    The paper tunes c for each data set, and holds k at 1/10.

    The factor c (1 - k y) is detached: it rescales the gradient and takes no part in it.
    """

    def __init__(self, d_model: int, *, c: float = 1.0, k: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__(d_model, eps=eps, weight=False, bias=False)
        self.c, self.k = c, k

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The z-score times its detached factor."""
        y = layered(x, self.eps)
        return torch.rsub(y.detach(), self.c, alpha=self.c * self.k) * y
