"""What the power family shares: a running quadratic mean, no centring, approximate gradients."""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.batch import towards
from whynorm.norms.moments import counted_mean
from whynorm.norms.norm import Norm
from whynorm.norms.ranks import over_ranks

Correct = Callable[[Tensor, Tensor], Tensor]


class QuadraticNorm(Norm):
    """x / sqrt(phi + eps) when evaluating, phi being the running mean of x² over real tokens.

    `momentum` is the weight of the newest batch, `sync` takes the tokens of all ranks together.
    Without a real token the running mean is used and left alone.
    """

    phi: Tensor

    def __init__(
        self, d_model: int, *, eps: float = 1e-5, momentum: float = 0.1, sync: bool = True
    ) -> None:
        super().__init__(d_model, eps=eps)
        self.momentum, self.sync = momentum, sync
        self.register_buffer("phi", torch.ones(d_model))

    def quadratic_mean(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, " feature"], Bool[Tensor, " feature"]]:
        """(mean of x² over real tokens, whether there are any); else the running mean."""
        moments = counted_mean(x.square(), real.unsqueeze(-1), (0, 1), sync=self.sync)
        n, mean = (moment.reshape(-1) for moment in moments)
        return torch.where(n > 0, mean, self.phi.to(mean.dtype)), n > 0

    def track(self, mean: Float[Tensor, " feature"], some: Bool[Tensor, " feature"]) -> None:
        """Move the running quadratic mean towards the batch's."""
        self.phi = towards(self.phi, mean, self.momentum, some)


class Corrected(torch.autograd.Function):
    """z = x / scale; the gradient is (g - correction z) / divisor at real tokens, g that of z.

    Without a divisor it is divided by the scale too.

    `correct` makes the correction of mean(g z) and mean(z²), each a number a feature. The first
    is what reaches the scale, over all tokens since padding is divided by it too, divided by the
    number of real ones; handed back as it is, it makes the exact gradient of a division by the
    root of the batch's quadratic mean.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        real: Tensor,
        scale: Tensor,
        divisor: Tensor | None,
        correct: Correct,
        sync: bool,
    ) -> Tensor:
        """x / scale."""
        z = x / scale
        ctx.save_for_backward(z, real, scale if divisor is None else divisor)
        ctx.correct, ctx.sync = correct, sync
        return z

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """The corrected gradient of x."""
        (g,) = gradients
        z, real, divisor = ctx.saved_tensors
        n, square = counted_mean(z.square(), real.unsqueeze(-1), (0, 1), sync=ctx.sync)
        total = (g * z).sum((0, 1))
        total = over_ranks(total) if ctx.sync else total
        correction = ctx.correct(total / n.reshape(-1).clamp(min=1), square.reshape(-1))
        return (g - correction * z * real.unsqueeze(-1)) / divisor, None, None, None, None, None
