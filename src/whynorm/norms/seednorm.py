"""Self-rescaled dynamic normalisation (Cai 2025, arXiv:2510.22777)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm


class SeeDNorm(Norm):
    """(tanh(x · beta) alpha + gamma) x / sqrt(mean of squares + eps), per token.

    beta starts at 0, alpha and gamma at 1, so that at first it is RMSNorm.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-5) -> None:
        super().__init__(d_model, eps=eps, weight=False, bias=False)
        self.gamma = nn.Parameter(torch.ones(d_model))
        self.alpha = nn.Parameter(torch.ones(d_model))
        self.beta = nn.Parameter(torch.zeros(d_model))

    def forward(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """RMSNorm whose weight depends on the token."""
        with torch.autocast(x.device.type, enabled=False):
            precise = x if x.dtype == torch.float64 else x.float()
            gate = torch.tanh(precise @ self.beta)[..., None] * self.alpha + self.gamma
            rms = torch.sqrt(precise.square().mean(-1, keepdim=True) + self.eps)
            return (gate * precise / rms).to(x.dtype)
