"""A padded batch of sentence pairs."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from whynorm.data.vocabulary import BEGIN, END, PAD

SIDES = ("right", "left")


class Example(NamedTuple):
    """One encoded pair: ids without BEGIN and END, and the number of the pair in its split."""

    source: Sequence[int]
    target: Sequence[int]
    index: int


class Batch(NamedTuple):
    """Padded ids: the source as it is, the target from BEGIN to END; `index` numbers the pairs."""

    source: Int[Tensor, "batch source"]
    target: Int[Tensor, "batch target"]
    index: Int[Tensor, " batch"]


def pad(rows: Sequence[Sequence[int]], side: str) -> Int[Tensor, "batch time"]:
    """The rows, filled with PAD on one side to the length of the longest."""
    longest = max(map(len, rows), default=0)
    fill = [[PAD] * (longest - len(row)) for row in rows]
    parts = {"right": (rows, fill), "left": (fill, rows)}[side]
    padded = [[*before, *after] for before, after in zip(*parts, strict=True)]
    return torch.tensor(padded, dtype=torch.long).view(len(rows), longest)


def collate(examples: Sequence[Example], *, side: str) -> Batch:
    """The batch of these examples, in this order."""
    return Batch(
        pad([example.source for example in examples], side),
        pad([[BEGIN, *example.target, END] for example in examples], side),
        torch.tensor([example.index for example in examples]),
    )
