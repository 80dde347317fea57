"""What moves the scores of a model and should not: the future, padding, other sentences."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from whynorm.data.batch import Batch
from whynorm.probes.edits import (
    Edit,
    Reader,
    alone,
    later_edited,
    mates_swapped,
    padded,
    poisoned,
    trimmed,
)
from whynorm.probes.subject import AtLeastOne, NotNegative, Row, Subject


def leakage(
    subject: Subject,
    folder: Path,
    *,
    sentences: AtLeastOne = 2,
    positions: AtLeastOne = 3,
    columns: AtLeastOne = 4,
    poison: NotNegative = 1e3,
    tolerance: NotNegative = 1e-6,
    rounding: NotNegative = 1e-3,
    seed: int = 0,
) -> list[Row]:
    """For each edit and mode of the norms, the largest change of the scores at real positions.

    `sentences` of each batch are edited, at `positions` each; `columns` of padding are added;
    `poison` is the size of what padded embeddings are replaced by. It `leaks` where the change
    exceeds so many standard deviations of the scores: `tolerance` where the edit leaves the
    shape of the batch alone, and `rounding` where it does not, as the sums then come in another
    order. No picture is made.
    """
    model, rules, batches, *_ = subject.examined()
    groups = (
        (of_one_shape(sentences, positions, columns, poison, seed), tolerance),
        (of_another_shape(sentences, columns), rounding),
    )
    return [
        measured(name, edit, allowed, Reader(model, rules, training), batches)
        for training in (True, False)
        for edits, allowed in groups
        for name, edit in edits.items()
    ]


def of_one_shape(
    sentences: int, positions: int, columns: int, poison: float, seed: int
) -> dict[str, Edit]:
    """The edits that leave the shape of a batch alone: what they do not reach stays bit by bit."""
    return {
        "later token edited": partial(later_edited, sentences=sentences, positions=positions),
        "batch mates swapped": partial(mates_swapped, sentences=sentences, seed=seed),
        "padding poisoned": partial(poisoned, columns=columns, size=poison, seed=seed),
    }


def of_another_shape(sentences: int, columns: int) -> dict[str, Edit]:
    """The edits that widen or narrow a batch."""
    return {
        "padding added on the right": partial(padded, columns=columns, side="right"),
        "padding added on the left": partial(padded, columns=columns, side="left"),
        "padding trimmed": trimmed,
        "sentence alone": partial(alone, sentences=sentences),
    }


def measured(
    name: str, edit: Edit, allowed: float, reader: Reader, batches: Sequence[Batch]
) -> Row:
    """The row of one edit in one mode; `positions` counts the positions that were compared."""
    pairs = [pair for batch in batches for pair in edit(reader, batch)]
    largest = max((difference(*pair) for pair in pairs), default=0.0)
    relative = largest / spread([before for before, _ in pairs]) if largest else 0.0
    return {
        "edit": name,
        "norms": "training" if reader.training else "evaluating",
        "leaks": not relative <= allowed,
        "relative_change": relative,
        "largest_change": largest,
        "positions": sum(len(before) for before, _ in pairs),
        "tolerance": allowed,
    }


def difference(
    before: Float[Tensor, "token vocabulary"], after: Float[Tensor, "token vocabulary"]
) -> float:
    """The largest absolute change; what is not a number before and after has not changed."""
    both = before.isnan() & after.isnan()
    change = (after - before).abs().masked_fill(both, 0.0)
    return float(change.nan_to_num(nan=torch.inf).max()) if change.numel() else 0.0


def spread(scores: list[Float[Tensor, "_ vocabulary"]]) -> float:
    """The standard deviation of the finite scores."""
    every = torch.cat(scores)
    return float(every[every.isfinite()].std())
