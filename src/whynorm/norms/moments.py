"""Count, mean and variance over the counted numbers alone, of one rank or of all."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.ranks import over_ranks


def counted_mean(
    x: Float[Tensor, "*shape"],
    counted: Bool[Tensor, "*mask"],
    over: tuple[int, ...],
    *,
    sync: bool = False,
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
    """(n, mean) over the axes `over`, of the entries where `counted` is True; none have mean 0.

    `counted` has x's number of axes and broadcasts to it. With `sync` the entries of all ranks
    are taken together: sums and counts are added, not means averaged.
    """
    kept = counted.expand(x.shape)
    n = kept.sum(over, keepdim=True).to(x.dtype)
    total = x.masked_fill(~kept, 0).sum(over, keepdim=True)
    if sync:
        n, total = over_ranks(torch.stack((n, total))).unbind()
    return n, total / n.clamp(min=1)


def counted_moments(
    x: Float[Tensor, "*shape"],
    counted: Bool[Tensor, "*mask"],
    over: tuple[int, ...],
    *,
    sync: bool = False,
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."], Float[Tensor, "..."]]:
    """(n, mean, biased variance) over the axes `over`, of the entries where `counted` is True.

    The variance is two-pass. One counted number has variance 0; none has mean 0 and variance 1,
    so that dividing stays harmless.
    """
    n, mean = counted_mean(x, counted, over, sync=sync)
    _, variance = counted_mean((x - mean).square(), counted, over, sync=sync)
    return n, mean, torch.where(n > 0, variance, torch.ones_like(variance))


def counted(real: Bool[Tensor, "batch time"], count_padding: bool) -> Bool[Tensor, "batch time 1"]:
    """Which tokens enter the statistics: the real ones, or all."""
    return (torch.ones_like(real) if count_padding else real).unsqueeze(-1)
