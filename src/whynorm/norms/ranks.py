"""Sums over all processes that train together; gradients flow back through them."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, distributed


def several() -> bool:
    """True where more than one process trains."""
    return distributed.is_available() and distributed.is_initialized() and _size() > 1


def over_ranks(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """The sum of every rank's x; x itself where there is but one.

    All ranks must ask at the same place, also those that have nothing to add.
    """
    return _Sum.apply(x) if several() else x


def of_every_rank(x: Float[Tensor, "*any"]) -> Float[Tensor, "rank *any"]:
    """Every rank's x, stacked."""
    if not several():
        return x.unsqueeze(0)
    rows = [torch.zeros_like(x) for _ in range(_size())]
    rows[distributed.get_rank()] = x
    return over_ranks(torch.stack(rows))


class _Sum(torch.autograd.Function):
    """A sum over ranks. What one rank adds reaches the losses of all, so gradients add up too."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The sum."""
        return _summed(x)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Tensor:
        """The sum of the gradients."""
        return _summed(gradients[0])


def _summed(x: Tensor) -> Tensor:
    total = x.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total


def _size() -> int:
    return distributed.get_world_size()
