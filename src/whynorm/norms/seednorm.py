"""Self-rescaled dynamic normalisation (Cai 2025, arXiv:2510.22777)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm
from whynorm.norms.rms import root_mean_square


class SeeDNorm(Norm):
    """(tanh(x · beta) alpha + gamma) x / sqrt(mean of squares + eps), per token.

    beta starts at 0, alpha and gamma at 1, so that at first it is RMSNorm.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-5) -> None:
        super().__init__(d_model, eps=eps, weight=False, bias=False)
        self.gamma = nn.Parameter(torch.ones(d_model))
        self.alpha = nn.Parameter(torch.ones(d_model))
        self.beta = nn.Parameter(torch.zeros(d_model))

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """RMSNorm whose weight depends on the token."""
        gate = torch.addcmul(self.gamma, torch.tanh(x @ self.beta)[..., None], self.alpha)
        return gate * root_mean_square(x, None, self.eps)
