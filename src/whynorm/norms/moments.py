"""Count, mean and variance over the counted numbers alone."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor


def counted_moments(
    x: Float[Tensor, "*shape"], counted: Bool[Tensor, "*mask"], over: tuple[int, ...]
) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."], Float[Tensor, "..."]]:
    """(n, mean, biased variance) over the axes `over`, of the entries where `counted` is True.

    `counted` has x's number of axes and broadcasts to it. The variance is two-pass. One counted
    number has variance 0; none has mean 0 and variance 1, so that dividing stays harmless.
    """
    kept = counted.expand(x.shape)
    n = kept.sum(over, keepdim=True).to(x.dtype)
    share = 1 / n.clamp(min=1)
    mean = x.masked_fill(~kept, 0).sum(over, keepdim=True) * share
    squares = (x - mean).masked_fill(~kept, 0).square()
    variance = squares.sum(over, keepdim=True) * share
    return n, mean, torch.where(n > 0, variance, torch.ones_like(variance))


def counted(real: Bool[Tensor, "batch time"], count_padding: bool) -> Bool[Tensor, "batch time 1"]:
    """Which tokens enter the statistics: the real ones, or all."""
    return (torch.ones_like(real) if count_padding else real).unsqueeze(-1)
