"""A padded batch of sentence pairs."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Int
from torch import Tensor

from whynorm.data.sampler import rounded_up
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


class TeacherForced(NamedTuple):
    """A batch as the model meets it: it reads `inputs` and has to predict `labels`.

    `real` is True where a position holds a token and has a label: the END of a sentence that is
    shorter than its batch is no input, so that more padding changes nothing.
    """

    source: Int[Tensor, "batch source"]
    source_real: Bool[Tensor, "batch source"]
    inputs: Int[Tensor, "batch target"]
    real: Bool[Tensor, "batch target"]
    labels: Int[Tensor, "batch target"]


def teacher_forced(batch: Batch) -> TeacherForced:
    """The batch with each target token beside the one before it."""
    inputs, labels = batch.target[:, :-1], batch.target[:, 1:]
    real = (inputs != PAD) & (labels != PAD)
    return TeacherForced(batch.source, batch.source != PAD, inputs, real, labels)


def pad(rows: Sequence[Sequence[int]], side: str, *, length: int = 0) -> Int[Tensor, "batch time"]:
    """The rows, filled with PAD on one side to the length of the longest, or to a longer one."""
    longest = max([length, *map(len, rows)])
    fill = [[PAD] * (longest - len(row)) for row in rows]
    parts = {"right": (rows, fill), "left": (fill, rows)}[side]
    padded = [[*before, *after] for before, after in zip(*parts, strict=True)]
    return torch.tensor(padded, dtype=torch.long).view(len(rows), longest)


def collate(examples: Sequence[Example], *, side: str, multiple: int = 1) -> Batch:
    """The batch of these examples, in this order; of both sides a `multiple` of positions."""
    longest = (max(lengths) for lengths in zip(*map(length, examples), strict=True))
    source, target = (rounded_up(one, multiple) for one in longest)
    return Batch(
        pad([example.source for example in examples], side, length=source),
        pad([[BEGIN, *example.target, END] for example in examples], side, length=target + 1),
        torch.tensor([example.index for example in examples]),
    )


def length(example: Example) -> tuple[int, int]:
    """The positions that a pair takes: its source, and its target with the END to predict."""
    return len(example.source), len(example.target) + 1
