"""Batch normalisation of tokens (Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1)."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from whynorm.norms.moments import counted, counted_moments, token_moments
from whynorm.norms.norm import Norm
from whynorm.norms.ranks import several
from whynorm.norms.standardised import standardised


class BatchMoments(NamedTuple):
    """What a batch says of each feature: how many tokens, their mean and biased variance."""

    n: Float[Tensor, " feature"]
    mean: Float[Tensor, " feature"]
    variance: Float[Tensor, " feature"]

    @property
    def unbiased(self) -> Float[Tensor, " feature"]:
        """The variance divided by n - 1 instead of n; 0 where there is but one token."""
        return self.variance * self.n / (self.n - 1).clamp(min=1)

    @property
    def some(self) -> Bool[Tensor, " feature"]:
        """True where there was a token."""
        return self.n > 0


def batch_moments(
    x: Float[Tensor, "batch time feature"],
    real: Bool[Tensor, "batch time"],
    *,
    count_padding: bool,
    sync: bool,
) -> BatchMoments:
    """The moments of each feature over the tokens of the batch, or of every rank's batch."""
    moments = counted_moments(x, counted(real, count_padding), (0, 1), sync=sync)
    return BatchMoments(*(moment.reshape(-1) for moment in moments))


def towards(
    running: Float[Tensor, " feature"],
    newest: Float[Tensor, " feature"],
    momentum: float,
    some: Bool[Tensor, "..."],
) -> Float[Tensor, " feature"]:
    """A running statistic after one more batch, unless that was empty.

    It is a new tensor: torch.compile mistakes gradients where a buffer that the forward pass has
    read is changed in place (seen in torch 2.13).
    """
    moved = torch.lerp(running, newest.detach().to(running.dtype), momentum)
    return torch.where(some, moved, running)


class BatchNorm(Norm):
    """Mean and variance of each feature over the tokens of the batch; running ones to evaluate.

    `count_padding=True` takes all positions, as torch's BatchNorm1d on (batch * time, feature)
    does; False takes real tokens only. `sync` takes the tokens of all ranks together. The running
    variance is unbiased and `momentum` is the weight of the newest batch, both as in torch. A
    batch of one token has variance 0, comes out as the bias, and leaves the running variance
    alone, for one number has none. A batch without real tokens is normalised by the running
    statistics and leaves them alone. Under gradient accumulation statistics are those of each
    batch that passes through; of several ranks without `sync`, the first one's are saved.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        count_padding: bool = False,
        sync: bool = True,
        weight: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=bias)
        self.momentum = momentum
        self.count_padding, self.sync = count_padding, sync
        self.register_buffer("running_mean", torch.zeros(d_model))
        self.register_buffer("running_var", torch.ones(d_model))

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Mean and sqrt(variance + eps) of each feature: the batch's in training, else running."""
        mean, variance = self.running_mean, self.running_var
        if self.training:
            batch = batch_moments(x, real, count_padding=self.count_padding, sync=self.sync)
            mean = torch.where(batch.some, batch.mean, mean.to(x.dtype))
            variance = torch.where(batch.some, batch.variance, variance.to(x.dtype))
            self.track(batch)
        return mean, torch.sqrt(variance + self.eps)

    def track(self, batch: BatchMoments) -> None:
        """Move the running statistics towards the batch's."""
        self.running_mean = towards(self.running_mean, batch.mean, self.momentum, batch.some)
        self.running_var = towards(self.running_var, batch.unbiased, self.momentum, batch.n > 1)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The fused kernel of torch where it computes the same, else our own."""
        shared = self.sync and several()
        if self.training and (shared or not self.count_padding or real.numel() < 2):
            return self.by_batch(x, real)
        flat = x.reshape(-1, self.d_model)
        running = (self.running_mean, self.running_var)
        affine = (self.weight, self.bias)
        y = F.batch_norm(flat, *running, *affine, self.training, self.momentum, self.eps)
        return y.reshape(x.shape)

    def by_batch(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula in training, in fewer passes over x."""
        seen, running = counted(real, self.count_padding), (self.running_mean, self.running_var)
        found = token_moments(x, seen, instead=running, sync=self.sync)
        affine = (self.weight, self.bias)
        y, mean, variance = standardised(x, seen, found, *affine, eps=self.eps, sync=self.sync)
        self.track(
            BatchMoments(found.n.expand_as(mean).flatten(), mean.flatten(), variance.flatten())
        )
        return y
