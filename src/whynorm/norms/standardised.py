"""Tokens standardised by the moments of the counted ones, with the gradient written out."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from whynorm.norms.moments import Moments, pooled
from whynorm.norms.ranks import over_ranks, several
from whynorm.norms.tokens import products, returned


def standardised(
    x: Float[Tensor, "batch time feature"],
    counted: Bool[Tensor, "batch time 1"],
    moments: Moments,
    weight: Float[Tensor, " feature"] | None,
    bias: Float[Tensor, " feature"] | None,
    *,
    eps: float,
    groups: int | None = None,
    sync: bool = False,
) -> tuple[
    Float[Tensor, "batch time feature"],
    Float[Tensor, "#batch 1 feature"],
    Float[Tensor, "#batch 1 feature"],
]:
    """weight * (x - mean) / sqrt(variance + eps) + bias; and mean and variance with a gradient.

    The moments are what `token_moments` finds of the counted tokens with the same `groups` and
    `sync`.
    """
    weight = x.new_ones(x.shape[-1]) if weight is None else weight
    bias = x.new_zeros(x.shape[-1]) if bias is None else bias
    kept, inverse = counted.to(x.dtype), torch.rsqrt(moments.variance + eps)
    return Standardised.apply(x, kept, moments, inverse, weight, bias, groups, sync)


class Standardised(torch.autograd.Function):
    """`standardised`, with `counted` in numbers and `inverse` = 1 / sqrt(variance + eps).

    All tokens are standardised, and what padding receives reaches the counted tokens through the
    moments.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(
        x: Tensor,
        kept: Tensor,
        moments: Moments,
        inverse: Tensor,
        weight: Tensor,
        bias: Tensor,
        groups: int | None,
        sync: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One pass over what is centred."""
        _, mean, variance, centred = moments
        y = torch.addcmul(bias, centred, weight * inverse)
        return y, mean.view_as(mean), variance.view_as(variance)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        """Keep what is centred in the place of x."""
        _, kept, moments, inverse, weight, _, ctx.groups, ctx.sync = inputs
        ctx.save_for_backward(kept, moments.n, moments.centred, inverse, weight)
        ctx.set_materialize_grads(False)  # mean and variance seldom have one

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """The gradients of x, of the weight and of the bias."""
        gradient, of_mean, of_variance = gradients
        kept, n, centred, inverse, weight = ctx.saved_tensors
        gradient = torch.zeros_like(centred) if gradient is None else gradient
        slope, n = weight * inverse, n.clamp(min=1)
        total, product = products(gradient, centred, apart=len(inverse) > 1)
        product *= inverse
        of_weight, of_bias = product.sum((0, 1)), total.sum((0, 1))
        # a counted token is 1/n of the mean, and centred²/n of the variance
        offset, tilt = total.mul_(slope / -n), product.mul_(slope * inverse / -n)
        offset = offset if of_mean is None else offset + of_mean / n
        tilt = tilt if of_variance is None else tilt + 2 * of_variance / n
        dx = returned(gradient, slope, centred, kept, shared(offset, ctx), shared(tilt, ctx))
        return dx, None, None, None, of_weight, of_bias, None, None


def shared(of_moment: Tensor, ctx: Any) -> Tensor:
    """The gradient of a moment, which is that of a group of features and of all ranks."""
    of_moment = pooled(of_moment, ctx.groups)
    return over_ranks(of_moment) if ctx.sync and several() else of_moment
