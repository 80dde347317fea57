"""Power normalisation (Shen 2020, arXiv:2003.07845, algorithm 2)."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.quadratic import Corrected, QuadraticNorm, quadratic
from whynorm.norms.rms import root_mean_square


class PowerNorm(QuadraticNorm):
    """z = x / sqrt(phi + eps) with the running phi in training too, and an approximate gradient.

    The gradient of x is (g - nu z) / sqrt(phi + eps) at real tokens, where g is that of z and nu
    is a moving average of mean(g z): it is no derivative of the output. The first
    `warmup_updates` batches are PN-V's, their own quadratic mean with its exact gradient; nu is
    gathered meanwhile. (The paper's trainings are longer and their warm-up is 4000.) Under loss
    scaling, nu carries the scale of the loss. A batch of one token keeps but its signs.

    `scaling_groups` divides each group of a token's features by its root mean square first, as
    the public code does with 4 and the paper does not say. `as_published` is that code's other
    departures: before warm-up ends phi is made the mean of all batches and then moved again, nu
    is used from the first batch, the gradient is divided by the root of the batch's quadratic
    mean, and padding is corrected too and counts in mean(g z).
    """

    nu: Tensor
    updates: Tensor

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        backward_momentum: float = 0.1,
        warmup_updates: int = 400,
        scaling_groups: int | None = None,
        as_published: bool = False,
        sync: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, momentum=momentum, sync=sync)
        if scaling_groups is not None and (scaling_groups < 1 or d_model % scaling_groups):
            raise ValueError(
                f"norm.scaling_groups={scaling_groups} does not divide d_model={d_model}; "
                f"choose one of {[g for g in range(1, d_model + 1) if d_model % g == 0]}, or null"
            )
        self.backward_momentum, self.warmup_updates = backward_momentum, warmup_updates
        self.scaling_groups, self.as_published = scaling_groups, as_published
        self.register_buffer("nu", torch.zeros(d_model))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """By the batch and its predecessors in training, by the running mean when evaluating."""
        x = self.rescaled(x)
        return self.approximated(x, real) if self.training else self.by_running(x)

    def rescaled(
        self, x: Float[Tensor, "batch time feature"]
    ) -> Float[Tensor, "batch time feature"]:
        """x, each group of its features divided by its root mean square where that is asked."""
        if self.scaling_groups is None:
            return x
        grouped = x.unflatten(-1, (self.scaling_groups, -1))
        return root_mean_square(grouped, None, self.eps).flatten(-2)

    def approximated(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The output with the gradient of the paper, after which phi and the updates move."""
        square = quadratic(x, real, sync=self.sync)
        mean, some = self.known(square)
        warm = self.updates < self.warmup_updates
        scale = torch.sqrt(torch.where(warm, mean, self.phi.to(mean.dtype)) + self.eps)
        divisor = torch.sqrt(mean + self.eps) if self.as_published else None
        correct = partial(self.correction, warm & (not self.as_published))
        if self.as_published:
            real = torch.ones_like(real)
            square = quadratic(x, real, sync=self.sync)
        affine, sync = (self.weight, self.bias), self.sync
        y = Corrected.apply(x, real, square, (scale, divisor), *affine, None, correct, sync)
        self.updates = self.updates + 1
        if self.as_published:
            every = torch.lerp(self.phi, mean.to(self.phi.dtype), 1 / self.updates)
            early = self.updates < self.warmup_updates
            self.phi = torch.where(early & some, every, self.phi)
        self.track(mean, some)
        return y

    def correction(
        self,
        exact: Bool[Tensor, ""],
        through_scale: Float[Tensor, " feature"],
        square: Float[Tensor, " feature"],
    ) -> Float[Tensor, " feature"]:
        """nu as it was before this batch, or the exact mean(g z); nu moves on.

        A gradient that overflows, as the first ones under loss scaling do, leaves nu alone.
        """
        nu, newest = self.nu.clone(), through_scale.to(self.nu.dtype)
        kept = 1 - self.backward_momentum * square.to(nu.dtype)
        moved = nu * kept + self.backward_momentum * newest
        self.nu.copy_(torch.where(moved.isfinite(), moved, nu))
        return torch.where(exact, newest, nu).to(through_scale.dtype)
