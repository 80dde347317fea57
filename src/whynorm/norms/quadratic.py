"""What the power family shares: a running quadratic mean, no centring, approximate gradients."""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from whynorm.norms.batch import towards
from whynorm.norms.moments import counted_mean
from whynorm.norms.norm import Norm
from whynorm.norms.ranks import over_ranks, several
from whynorm.norms.tokens import products, returned, sums

Correct = Callable[[Tensor, Tensor], Tensor]


class Quadratic(NamedTuple):
    """What counted tokens say: how many there are, and the mean of x² of each feature."""

    n: Float[Tensor, " 1"]
    mean: Float[Tensor, " feature"]


def quadratic(
    x: Float[Tensor, "batch time feature"], counted: Bool[Tensor, "batch time"], *, sync: bool
) -> Quadratic:
    """The mean of x² over counted tokens, without a gradient; 0 where there are none."""
    with torch.no_grad():
        kept = counted.to(x.dtype).unsqueeze(-1)
        both = torch.cat((kept.sum().view(1), sums(x.square(), kept, apart=False).flatten()))
        n, total = (over_ranks(both) if sync else both).split((1, x.shape[-1]))
        return Quadratic(n, total / n.clamp(min=1))


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

    def known(
        self, square: Quadratic
    ) -> tuple[Float[Tensor, " feature"], Bool[Tensor, " feature"]]:
        """(the mean of x², whether there was a token); else the running mean."""
        some = (square.n > 0).expand_as(self.phi)
        return torch.where(some, square.mean, self.phi.to(square.mean.dtype)), some

    def track(self, mean: Float[Tensor, " feature"], some: Bool[Tensor, " feature"]) -> None:
        """Move the running quadratic mean towards the batch's."""
        self.phi = towards(self.phi, mean, self.momentum, some)

    def by_running(
        self, x: Float[Tensor, "batch time feature"]
    ) -> Float[Tensor, "batch time feature"]:
        """The output when evaluating."""
        assert self.weight is not None and self.bias is not None
        return torch.addcmul(self.bias, x, self.weight / torch.sqrt(self.phi + self.eps))


class Corrected(torch.autograd.Function):
    """y = weight z + bias with z = x / scale; the gradient of x is corrected at real tokens.

    It is (g - correction z) / divisor there, and g / divisor at padding, where g is `pull` times
    that of y. Without a pull that is the weight; without a divisor, which is the second of the
    scales, it is the first.

    `correct` makes the correction of mean(g z) and mean(z²), each a number a feature. The first
    is what reaches the scale, over all tokens since padding is divided by it too, divided by the
    number of real ones; handed back as it is, it makes the exact gradient of a division by the
    root of the batch's quadratic mean. `square` has that number and mean(x²).
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(
        x: Tensor,
        real: Tensor,
        square: Quadratic,
        scales: tuple[Tensor, Tensor | None],
        weight: Tensor,
        bias: Tensor,
        pull: Tensor | None,
        correct: Correct,
        sync: bool,
    ) -> Tensor:
        """One pass over x."""
        return torch.addcmul(bias, x, weight / scales[0])

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Keep x and what is small."""
        x, real, (n, square), scales, weight, _, pull, ctx.correct, ctx.sync = inputs
        scale, divisor = scales
        divisor, pull = scale if divisor is None else divisor, weight if pull is None else pull
        ctx.save_for_backward(x, real, n, square, scale, divisor, pull)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """The corrected gradient of x, and those of the weight and of the bias."""
        x, real, n, square, scale, divisor, pull = ctx.saved_tensors
        kept, origin = real.to(x.dtype).unsqueeze(-1), torch.zeros_like(scale).view(1, 1, -1)
        total, product = (found.flatten() for found in products(gradients[0], x, apart=False))
        of_weight = product / scale
        through = over_ranks(pull * of_weight) if ctx.sync and several() else pull * of_weight
        correction = ctx.correct(through / n.clamp(min=1), square / scale.square())
        shares = pull / divisor, -correction / (scale * divisor)
        slope, tilt = (share.view_as(origin) for share in shares)
        dx = returned(gradients[0], slope, x, kept, origin, tilt)
        return dx, None, None, None, of_weight, total, None, None, None
