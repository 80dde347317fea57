"""Batch normalisation of tokens (Ioffe & Szegedy 2015, arXiv:1502.03167, algorithm 1)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from whynorm.norms.moments import counted, counted_moments
from whynorm.norms.norm import Norm


class BatchNorm(Norm):
    """Mean and variance of each feature over the tokens of the batch; running ones to evaluate.

    `count_padding=True` takes all positions, as torch's BatchNorm1d on (batch * time, feature)
    does; False takes real tokens only. The running variance is unbiased and `momentum` is the
    weight of the newest batch, both as in torch. A batch of one token has variance 0 and leaves
    its 0 in the running variance. Statistics are those of each batch that passes through: under
    gradient accumulation and on several ranks they are not those of the whole update.
    A batch without real tokens is normalised by the running statistics and leaves them alone.
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
        weight: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=bias)
        self.momentum = momentum
        self.count_padding = count_padding
        self.register_buffer("running_mean", torch.zeros(d_model))
        self.register_buffer("running_var", torch.ones(d_model))

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Mean and sqrt(variance + eps) of each feature: the batch's in training, else running."""
        mean, variance = self.running_mean, self.running_var
        if self.training:
            mean, variance = self.batch_moments(x, real)
        return mean, torch.sqrt(variance + self.eps)

    def batch_moments(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, " feature"], Float[Tensor, " feature"]]:
        """This batch's mean and biased variance, after the running ones have moved towards them."""
        n, mean, variance = (
            moment.reshape(-1)
            for moment in counted_moments(x, counted(real, self.count_padding), (0, 1))
        )
        some = n > 0
        self.track(mean.detach(), (variance * n / (n - 1).clamp(min=1)).detach(), some)
        mean = torch.where(some, mean, self.running_mean.to(mean.dtype))
        return mean, torch.where(some, variance, self.running_var.to(mean.dtype))

    def track(
        self,
        mean: Float[Tensor, " feature"],
        variance: Float[Tensor, " feature"],
        some: Bool[Tensor, " feature"],
    ) -> None:
        """Move the running statistics towards the batch's, where it had tokens."""
        step = self.momentum * some.to(mean.dtype)
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), step.to(self.running_mean.dtype))
        self.running_var.lerp_(variance.to(self.running_var.dtype), step.to(self.running_var.dtype))

    def forward(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The fused kernel of torch where it computes the same, else the formula."""
        if self.training and (not self.count_padding or real.numel() < 2):
            return super().forward(x, real)
        flat = x.reshape(-1, self.d_model)
        running = (self.running_mean, self.running_var)
        affine = (self.weight, self.bias)
        y = F.batch_norm(flat, *running, *affine, self.training, self.momentum, self.eps)
        return y.reshape(x.shape)
