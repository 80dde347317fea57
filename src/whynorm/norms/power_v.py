"""Power normalisation with the batch's own quadratic mean (Shen 2020, arXiv:2003.07845, §4.1)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.quadratic import Corrected, QuadraticNorm, quadratic


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

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula, in fewer passes over x."""
        if not self.training:
            return self.by_running(x)
        square = quadratic(x, real, sync=self.sync)
        mean, some = self.known(square)
        self.track(mean, some)
        scale = torch.sqrt(mean + self.eps)
        affine = (self.weight, self.bias)
        return Corrected.apply(x, real, square, (scale, None), *affine, None, exact, self.sync)


def exact(through_scale: Tensor, square: Tensor) -> Tensor:
    """What reaches the scale, uncorrected."""
    return through_scale
