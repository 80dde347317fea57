"""A probe's committed table, held against what it finds today."""

import csv
from collections.abc import Collection
from pathlib import Path

import numpy

from whynorm.probes.subject import Row


def hold(path: Path, rows: Collection[Row], *, atol: float) -> None:
    """Fail where the table in the file is not these rows, but for the rounding of a processor."""
    with path.open(newline="", encoding="utf-8") as file:
        committed = list(csv.DictReader(file))
    assert len(committed) == len(rows)
    for old, new in zip(committed, rows, strict=True):
        assert old.keys() == new.keys()
        assert all(alike(old[key], new[key], atol) for key in new), (old, new)


def alike(old: str, new: str | float, atol: float) -> bool:
    """Words are equal, numbers almost; an empty cell is no number."""
    if isinstance(new, str):
        return old == new
    return bool(numpy.isclose(float(old or "nan"), new, rtol=0.01, atol=atol, equal_nan=True))
