"""Power normalisation with the batch's own quadratic mean (Shen 2020, arXiv:2003.07845, §4.1)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.quadratic import QuadraticNorm


class PowerVNorm(QuadraticNorm):
    """x / sqrt(mean of x² over the batch's real tokens + eps), with its exact gradient: PN-V."""

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Zero, and the root of the batch's quadratic mean; of the running one to evaluate."""
        mean = self.phi
        if self.training:
            mean, some = self.quadratic_mean(x, real)
            self.track(mean, some)
        return x.new_zeros(()), torch.sqrt(mean + self.eps)
