"""Batch normalisation with a penalty on straying batches (Wang 2022, arXiv:2210.05153)."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from whynorm.norms.batch import BatchMoments, BatchNorm


class RegularizedBatchNorm(BatchNorm):
    """BatchNorm over real tokens, which adds to the loss how far a batch is from the running ones.

    `mean_penalty` times the sum over features of (running mean - mean)², and `variance_penalty`
    times that of (running variance - variance)², or of |running variance - variance| with
    `variance_distance="absolute"`, the distance that the authors' code has. The penalty is of the
    loss per token: the authors add their coefficient to a loss summed over a batch of tokens.
    Both variances are unbiased; the running statistics are those before the batch and have no
    gradient. (That code averages biased variances, with momentum 0.05, and measures the distance
    after the running statistics have moved.) One token has no variance to be penalised.
    """

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        mean_penalty: float = 0.015,
        variance_penalty: float = 0.0,
        variance_distance: Literal["squared", "absolute"] = "squared",
        sync: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, momentum=momentum, sync=sync)
        if variance_distance not in ("squared", "absolute"):
            raise ValueError(
                f"norm.variance_distance={variance_distance} is not one of squared, absolute"
            )
        self.mean_penalty, self.variance_penalty = mean_penalty, variance_penalty
        self.variance_distance = variance_distance

    def track(self, batch: BatchMoments) -> None:
        """Measure how far the batch strays, then move the running statistics."""
        if torch.is_grad_enabled():
            self.penalty = torch.where(batch.some, self.distance(batch), 0.0).sum()
        super().track(batch)

    def distance(self, batch: BatchMoments) -> Float[Tensor, " feature"]:
        """The penalty of each feature."""
        mean = (self.running_mean - batch.mean).square()
        variance = (self.running_var - batch.unbiased).abs()
        if self.variance_distance == "squared":
            variance = variance.square()
        variance = torch.where(batch.n > 1, variance, 0.0)
        return self.mean_penalty * mean + self.variance_penalty * variance
