"""What a contest came to: median rates, and ratios to one contender, round by round."""

from statistics import median
from typing import NamedTuple

from whynorm.benchmarks.contest import Outcome, Row


class Standing(NamedTuple):
    """How one contender did; None where there is nothing to say, and then `absent` says why.

    `ratio` is the median over the rounds of its rate over the baseline's in the same round, with
    the smallest and the largest; `memory_ratio` is that of the peaks.
    """

    contender: str
    rate: float | None
    ratio: float | None
    smallest_ratio: float | None
    largest_ratio: float | None
    peak_memory_bytes: int | None
    memory_ratio: float | None
    absent: str


def standings(outcome: Outcome, *, baseline: str) -> list[Standing]:
    """Every contender's standing: those that took part in their order, then the absent ones."""
    names = list(dict.fromkeys([row.contender for row in outcome.rows]))
    names += [name for name in outcome.absent if name not in names]
    base = rounds_of(outcome, baseline)
    return [standing(name, outcome, base) for name in names]


def standing(name: str, outcome: Outcome, base: dict[int, Row]) -> Standing:
    """One contender's, beside the baseline's rounds."""
    rows = rounds_of(outcome, name)
    absent = outcome.absent.get(name, "")
    if not rows:
        return Standing(name, None, None, None, None, None, None, absent)
    ratios = [row.rate / base[number].rate for number, row in rows.items() if number in base]
    peak = highest(rows)
    over = highest(base) if base else 0
    return Standing(
        contender=name,
        rate=median(row.rate for row in rows.values()),
        ratio=median(ratios) if ratios else None,
        smallest_ratio=min(ratios, default=None),
        largest_ratio=max(ratios, default=None),
        peak_memory_bytes=peak,
        memory_ratio=peak / over if over else None,
        absent=absent,
    )


def rounds_of(outcome: Outcome, name: str) -> dict[int, Row]:
    """A contender's rounds by their numbers."""
    return {row.round: row for row in outcome.rows if row.contender == name}


def highest(rows: dict[int, Row]) -> int:
    """The most memory of all rounds."""
    return max(row.peak_memory_bytes for row in rows.values())
