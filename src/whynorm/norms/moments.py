"""Count, mean and variance over the counted numbers alone, of one rank or of all."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.ranks import over_ranks, several
from whynorm.norms.tokens import sums


class Moments(NamedTuple):
    """What counted tokens say of each feature, all of them together or those of each sentence.

    How many there are, their mean and their biased variance; and how far x is from the mean.
    """

    n: Float[Tensor, "#batch 1 1"]
    mean: Float[Tensor, "#batch 1 feature"]
    variance: Float[Tensor, "#batch 1 feature"]
    centred: Float[Tensor, "batch time feature"]


def token_moments(
    x: Float[Tensor, "batch time feature"],
    counted: Bool[Tensor, "batch time 1"],
    *,
    instead: tuple[Float[Tensor, " feature"], Float[Tensor, " feature"]] | None = None,
    apart: bool = False,
    groups: int | None = None,
    sync: bool = False,
) -> Moments:
    """What `counted_moments` says, without a gradient and in fewer passes over x.

    Of all tokens or (`apart`) of those of each sentence. Where there are `groups` of features,
    each feature has the moments of its group. None that are counted have the mean and the
    variance `instead`.
    """
    with torch.no_grad():
        mean, variance = instead or (x.new_zeros(()), x.new_ones(()))
        kept, several_ranks = counted.to(x.dtype), sync and several()
        n = kept.sum(1 if apart else (0, 1), keepdim=True)
        total = sums(x, kept, apart)
        if several_ranks:
            n, total = over_ranks(torch.cat((n, total), -1)).split((1, x.shape[-1]), -1)
        some, divisor = n > 0, n.clamp(min=1)
        mean = torch.where(some, pooled(total, groups) / divisor, mean.to(x.dtype))
        centred = x - mean
        spread = sums(centred.square(), kept, apart)
        spread = pooled(over_ranks(spread) if several_ranks else spread, groups)
        variance = torch.where(some, spread / divisor, variance.to(x.dtype))
        return Moments(n, mean, variance, centred)


def pooled(x: Float[Tensor, "*any feature"], groups: int | None) -> Float[Tensor, "*any feature"]:
    """Every feature's number replaced by the mean of its group's."""
    if groups is None:
        return x
    grouped = x.unflatten(-1, (groups, -1))
    return grouped.mean(-1, keepdim=True).expand_as(grouped).flatten(-2)


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
