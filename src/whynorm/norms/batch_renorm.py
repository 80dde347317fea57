"""Batch renormalisation (Ioffe 2017, arXiv:1702.03275, algorithm 1)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.batch import BatchMoments, batch_moments, towards
from whynorm.norms.moments import token_moments
from whynorm.norms.norm import Norm
from whynorm.norms.standardised import standardised


class BatchRenorm(Norm):
    """(x - mean) / std * r + d: batch statistics, corrected towards the running ones.

    r = std / running std, within 1/r_max and r_max; d = (mean - running mean) / running std,
    within ±d_max; no gradient flows through either. While neither is at its limit, the output is
    that of the running statistics. For `warmup_updates` r_max is 1 and d_max is 0, which is
    BatchNorm; they have grown to their values after `r_updates` and `d_updates`, counted in
    batches. The paper trains for far longer and takes 5000, 40000 and 25000 (§4), with momentum
    0.01. The running deviation is that of the paper, sqrt(biased variance + eps) averaged itself;
    a batch of one token leaves it alone.
    """

    running_mean: Tensor
    running_std: Tensor
    updates: Tensor

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.05,
        r_max: float = 3.0,
        d_max: float = 5.0,
        warmup_updates: int = 100,
        r_updates: int = 800,
        d_updates: int = 500,
        sync: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps)
        if r_max < 1 or d_max < 0:
            raise ValueError(f"norm.r_max={r_max} is below 1 or norm.d_max={d_max} is below 0")
        self.momentum, self.sync = momentum, sync
        self.r_max, self.d_max, self.warmup_updates = r_max, d_max, warmup_updates
        self.r_updates, self.d_updates = r_updates, d_updates
        self.register_buffer("running_mean", torch.zeros(d_model))
        self.register_buffer("running_std", torch.ones(d_model))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """What makes (x - location) / scale equal to (x - mean) / std * r + d."""
        mean, std = self.running_mean, self.running_std
        if not self.training:
            return mean, std
        batch = batch_moments(x, real, count_padding=False, sync=self.sync)
        r, d = self.corrections(batch)
        scale = torch.sqrt(batch.variance + self.eps) / r
        self.track(batch)
        location = torch.where(batch.some, batch.mean - d * scale, mean.to(x.dtype))
        return location, torch.where(batch.some, scale, std.to(x.dtype))

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula, in fewer passes over x: r and d are part of the affine map."""
        if not self.training:
            return super().normalised(x, real)
        seen, variance = real.unsqueeze(-1), self.running_std.square() - self.eps
        found = token_moments(x, seen, instead=(self.running_mean, variance), sync=self.sync)
        batch = BatchMoments(*(moment.expand_as(found.mean).flatten() for moment in found[:3]))
        r, d = self.corrections(batch)
        assert self.weight is not None and self.bias is not None
        affine = (self.weight * r, self.weight * d + self.bias)
        self.track(batch)
        return standardised(x, seen, found, *affine, eps=self.eps, sync=self.sync)[0]

    def track(self, batch: BatchMoments) -> None:
        """Move the running statistics towards the batch's."""
        std = torch.sqrt(batch.variance + self.eps)
        self.running_mean = towards(self.running_mean, batch.mean, self.momentum, batch.some)
        self.running_std = towards(self.running_std, std, self.momentum, batch.n > 1)
        self.updates = self.updates + 1

    def corrections(
        self, batch: BatchMoments
    ) -> tuple[Float[Tensor, " feature"], Float[Tensor, " feature"]]:
        """r and d of the paper, within what this update allows."""
        mean, std = batch.mean.detach(), torch.sqrt(batch.variance.detach() + self.eps)
        r_max = 1 + (self.r_max - 1) * self.grown(self.r_updates)
        d_max = self.d_max * self.grown(self.d_updates)
        r = (std / self.running_std).clamp(min=1 / r_max, max=r_max)
        d = ((mean - self.running_mean) / self.running_std).clamp(min=-d_max, max=d_max)
        return r, d

    def grown(self, last: int) -> Float[Tensor, ""]:
        """How much of a limit has been let in: 0 until warm-up ends, 1 from update `last` on."""
        number = (self.updates + 1).to(self.running_std.dtype)
        return ((number - self.warmup_updates) / max(last - self.warmup_updates, 1)).clamp(0, 1)
