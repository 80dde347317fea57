"""Batches of several runs in one shape, and which of them are cheap to bring into one."""

from collections.abc import Mapping, Sequence

from jaxtyping import Int
from torch import Tensor

from whynorm.data.batch import Batch
from whynorm.data.vocabulary import PAD

# What it costs to begin one more computation, in positions that could be computed meanwhile. A
# processor is busy with few; an accelerator is waited for by who tells it what to do.
BEGINNING = {"cpu": 256}
BEGINNING_ELSEWHERE = 2**16


def sizes_of(batch: Batch) -> dict[str, int]:
    """The sizes of the axes that the model meets."""
    rows, target = batch.target.shape
    return {"batch": rows, "source": batch.source.shape[1], "target": target - 1}


def padded(
    batches: Sequence[Batch], common: dict[str, int]
) -> tuple[Int[Tensor, "run batch source"], Int[Tensor, "run batch target"]]:
    """Sources and targets of all batches, with PAD behind them up to the common sizes."""
    rows, source, target = common["batch"], common["source"], common["target"] + 1
    return (
        _filled([batch.source for batch in batches], rows, source),
        _filled([batch.target for batch in batches], rows, target),
    )


def _filled(
    tables: Sequence[Int[Tensor, "_ _"]], rows: int, columns: int
) -> Int[Tensor, "run batch time"]:
    whole = tables[0].new_full((len(tables), rows, columns), PAD)
    for place, table in zip(whole, tables, strict=True):
        place[: table.shape[0], : table.shape[1]] = table
    return whole


def companies(shapes: Sequence[Mapping[str, int]], beginning: int) -> list[list[int]]:
    """The runs, by number, in groups whose beginnings and padded positions cost least in all.

    A group has neighbours in the order of sentences a batch, which in batches of so many tokens
    is the order of lengths too.
    """
    order = sorted(range(len(shapes)), key=lambda run: tuple(shapes[run].values()))
    cost, start = [0], [0]
    for end in range(1, len(order) + 1):
        found = _endings([shapes[run] for run in order[:end]])
        every = [(cost[at] + beginning + cells, at) for at, cells in enumerate(found)]
        least, at = min(every)
        cost.append(least)
        start.append(at)
    groups, end = [], len(order)
    while end:
        groups.append(sorted(order[start[end] : end]))
        end = start[end]
    return groups[::-1]


def _endings(shapes: Sequence[Mapping[str, int]]) -> list[int]:
    """From each shape to the last: the positions of as many batches, padded to hold them all."""
    rows = source = target = 0
    found: list[int] = []
    for number, shape in enumerate(reversed(shapes), 1):
        rows, source = max(rows, shape["batch"]), max(source, shape["source"])
        target = max(target, shape["target"])
        found.append(number * rows * (source + target))
    return found[::-1]
