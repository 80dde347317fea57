"""Unified normalisation (Yang 2022, arXiv:2208.01313)."""

from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.quadratic import Corrected, QuadraticNorm, quadratic

# The published code's gradient factor: from which update, and between what and its inverse.
COMPENSATED_FROM, MOST_COMPENSATION = 1000, 5.0


class UnifiedNorm(QuadraticNorm):
    """z = x / sqrt(s + eps), s the geometric mean of the last `window` batches' quadratic means.

    The gradient of x is (g - psi z) / sqrt(s + eps) at real tokens, where g is that of z and psi
    is a moving average of the window's arithmetic mean of mean(g z): it is no derivative of the
    output. In the first `warmup_updates` (the authors take 4000), and until the window is full,
    s is the batch's own and the gradient exact. `outlier_filtration` does the same for a batch
    that lifts the window's arithmetic mean above its geometric one by more than `window` times
    the variance of the roots that were there before, in any feature; its place in the window
    gets the running value. That variance is one number, over the window and all features. (Held
    against the window with the batch in it, as printed, the inequality cannot be broken; this is
    the public code's.) The authors switch it off for text.

    `as_published` is that code's departures: psi is used from the first batch on, padding is
    corrected too and counts in mean(g z), warm-up ends a batch earlier, and gradients are
    multiplied by sqrt(s + eps) / sqrt(phi + eps) once the training is long.
    """

    window_squares: Tensor
    window_gradients: Tensor
    psi: Tensor
    updates: Tensor

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = 1e-5,
        momentum: float = 0.1,
        window: int = 4,
        warmup_updates: int = 400,
        outlier_filtration: bool = False,
        as_published: bool = False,
        sync: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, momentum=momentum, sync=sync)
        if window < 1:
            raise ValueError(f"norm.window={window} holds no batch; choose 1 or more")
        self.window, self.warmup_updates = window, warmup_updates
        self.outlier_filtration, self.as_published = outlier_filtration, as_published
        self.register_buffer("window_squares", torch.ones(window, d_model))
        self.register_buffer("window_gradients", torch.zeros(window, d_model))
        self.register_buffer("psi", torch.zeros(d_model))
        self.register_buffer("updates", torch.zeros((), dtype=torch.long))

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """By the window of batches in training, by the running mean when evaluating."""
        if self.training:
            return self.smoothed(x, real)
        return self.by_running(x)

    def smoothed(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The output in training, after which the window and the running mean have moved."""
        square = quadratic(x, real, sync=self.sync)
        mean, some = self.known(square)
        updates = self.updates + some.any()
        slots = torch.arange(self.window, device=x.device)[:, None]
        here = (slots == updates % self.window) & some
        squares = torch.where(here, mean.to(self.phi.dtype), self.window_squares)
        skip = self.outlier(squares) & (updates >= self.warmup_updates)
        alone = skip | (updates <= max(self.window, self.warmup_updates - self.as_published))
        smooth = torch.where(alone, mean, geometric_mean(squares).to(mean.dtype))
        scale = torch.sqrt(smooth + self.eps)
        correct = partial(self.correction, here, skip, alone | ~some)
        if self.as_published:
            real = torch.ones_like(real)
            square = quadratic(x, real, sync=self.sync)
        weight, pull = self.compensated(scale, ~skip & (updates > self.compensated_from))
        y = Corrected.apply(
            x, real, square, (scale, None), weight, self.bias, pull, correct, self.sync
        )
        self.window_squares = torch.where(here & skip, self.phi, squares)
        self.updates = updates
        self.track(smooth, some)
        return y

    @property
    def compensated_from(self) -> int:
        """After how many updates the published code multiplies gradients."""
        return max(COMPENSATED_FROM, self.warmup_updates)

    def outlier(self, squares: Float[Tensor, "window feature"]) -> Bool[Tensor, ""]:
        """True if the newest batch is to be kept out of the window."""
        if not self.outlier_filtration or self.window < 2:
            return torch.zeros((), dtype=torch.bool, device=squares.device)
        surplus = squares.mean(0) - geometric_mean(squares)
        return (surplus > self.window * self.window_squares.sqrt().var()).any()

    def correction(
        self,
        here: Bool[Tensor, "window feature"],
        skip: Bool[Tensor, ""],
        alone: Bool[Tensor, " feature"],
        through_scale: Float[Tensor, " feature"],
        square: Float[Tensor, " feature"],
    ) -> Float[Tensor, " feature"]:
        """psi after this batch, or the exact mean(g z) where the batch stands alone.

        A gradient that overflows, as the first ones under loss scaling do, leaves psi alone.
        """
        newest = through_scale.to(self.psi.dtype)
        sound = newest.isfinite()
        entered = torch.where(skip | ~sound, self.psi, newest)
        gradients = torch.where(here, entered, self.window_gradients)
        smooth = torch.where(alone, newest, gradients.mean(0))
        moves = here.any(0) & smooth.isfinite()
        psi = torch.where(moves, torch.lerp(self.psi, smooth, self.momentum), self.psi)
        self.window_gradients.copy_(gradients)
        self.psi.copy_(psi)
        exact = skip if self.as_published else alone
        return torch.where(exact, newest, psi).to(through_scale.dtype)

    def compensated(
        self, scale: Float[Tensor, " feature"], late: Bool[Tensor, ""]
    ) -> tuple[Float[Tensor, " feature"], Float[Tensor, " feature"] | None]:
        """The weight, and by what else than it gradients are pulled back in the published code."""
        assert self.weight is not None
        if not self.as_published:
            return self.weight, None
        r = scale / torch.sqrt(self.phi.to(scale.dtype) + self.eps)
        r = torch.where(late, r.clamp(1 / MOST_COMPENSATION, MOST_COMPENSATION), 1.0)
        return multiplied_gradient(self.weight, r), self.weight * r


def geometric_mean(x: Float[Tensor, "window feature"]) -> Float[Tensor, " feature"]:
    """The geometric mean over the window, in logarithms; what is zero counts as tiny."""
    return x.clamp(min=torch.finfo(x.dtype).tiny).log().mean(0).exp()


def multiplied_gradient(
    x: Float[Tensor, "*any feature"], factor: Float[Tensor, " feature"]
) -> Float[Tensor, "*any feature"]:
    """x, whose gradient comes back multiplied by the factor."""
    return x * factor + (x * (1 - factor)).detach()
