"""Sums over all processes that train together; gradients flow back through them."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributed import nn as collective


def several() -> bool:
    """True where more than one process trains."""
    distributed = torch.distributed
    return distributed.is_available() and distributed.is_initialized() and _size() > 1


def over_ranks(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """The sum of every rank's x; x itself where there is but one.

    All ranks must ask at the same place, also those that have nothing to add.
    """
    return collective.all_reduce(x) if several() else x


def of_every_rank(x: Float[Tensor, "*any"]) -> Float[Tensor, "rank *any"]:
    """Every rank's x, stacked."""
    if not several():
        return x.unsqueeze(0)
    rows = [torch.zeros_like(x) for _ in range(_size())]
    rows[torch.distributed.get_rank()] = x
    return over_ranks(torch.stack(rows))


def _size() -> int:
    return torch.distributed.get_world_size()
