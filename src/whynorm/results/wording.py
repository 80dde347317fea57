"""How verdicts, differences, intervals and places are put into words."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from whynorm.results.language import ENGLISH, translated
from whynorm.results.measures import MEASURES, measure, number, rounded, written

Row = Mapping[Any, Any]

# Verdicts in the order in which they are told.
WORDS = {
    "diverged": "diverged with every seed",
    "worse": "worse",
    "open": "open",
    "same": "the same",
    "better": "better",
}
UNITS = {"bleu": "BLEU", "chrf": "chrF", "exact_match": "points of exact match", "seconds": "s"}


def digits(value: float, metric: str, *, signed: bool = False) -> str:
    """A number in a metric with the decimals worth reading; what rounds to 0 has no minus."""
    return rounded(value, measure(metric).decimals, signed=signed)


def amount(value: float, metric: str, *, signed: bool = False) -> str:
    """A difference in a metric with its unit."""
    unit = UNITS.get(metric, measure(metric).unit)
    return f"{digits(value, metric, signed=signed)} {unit}".strip()


def spread(row: Row) -> str:
    """The interval of a difference or a mean in words."""
    if math.isnan(row["low"]):
        return "no interval"
    low, high = (digits(row[end], row["metric"]) for end in ("low", "high"))
    return f"95 % interval {low} to {high}"


def listed(texts: Iterable[str]) -> str:
    """The texts as a sentence lists them: a, b and c."""
    *most, last = texts
    return f"{', '.join(most)} and {last}" if most else last


def called(arm: str, contrast: str) -> str:
    """An arm as a sentence calls it: a mere number after what it is a number of."""
    return arm if number(arm) is None else f"{contrast} {arm}"


def placed(place: Mapping[str, str], language: str = ENGLISH) -> str:
    """Values of conditions in words: `placement = post and norm.groups = 4`; else with commas."""
    found = [f"{key} = {value}" for key, value in place.items()]
    return listed(found) if found and language == ENGLISH else ", ".join(found)


def named(column: str, language: str) -> str:
    """The name of a column; one of which nothing is known keeps its own."""
    name = measure(column).name
    return translated(name, language) if column in MEASURES else name


def measured(column: str, language: str) -> str:
    """Name and unit of a column."""
    name, unit = named(column, language), measure(column).unit
    return f"{name}, {translated(unit, language)}" if unit else name


def probability(p: float, *, largest: bool = False) -> str:
    """A corrected p as one writes it, or the largest of some."""
    sign = "≤" if largest else "="
    return "corrected p < 0.001" if p < 0.001 else f"corrected p {sign} {written(p, 3)}"
