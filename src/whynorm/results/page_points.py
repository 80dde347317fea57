"""The points of the page's plots: a run each, or an arm's mean and interval."""

from typing import Any

from pandas import DataFrame

from whynorm.results.cells import SEED, TRANSLATED, select, values
from whynorm.results.measures import measure, number, written
from whynorm.results.runs import Question

EDGE = 0.02  # of the axis: how far inside its ends a run without a result is drawn
ENDED = ("done", "diverged", "failed", "interrupted")

Point = dict[str, Any]


def dots(table: DataFrame, question: Question, low: float, high: float) -> list[Point]:
    """The runs that have ended: arm, seed, value, what to say of it, and the marker.

    A run that did not end well is a cross: at the value that it counts for, no farther than the
    ends of the axis, `low` and `high`; at its worse end where it counts for none.
    """
    counted = [number(value) for value in values(table, question.metric)]
    pairs = zip(table.to_dict("records"), counted, strict=True)
    ended = [(row, value) for row, value in pairs if row["state"] in ENDED]
    return [_dot(dict(row), value, question, (low, high)) for row, value in ended]


def _dot(row: Point, value: float | None, question: Question, ends: tuple[float, float]) -> Point:
    decimals, pad = measure(question.metric).decimals, EDGE * (ends[1] - ends[0])
    worst = ends[0] if question.metric in TRANSLATED else ends[1]
    known = worst if value is None else value
    look = {"marker": "circle", "size": 7, "says": written(known, decimals), "value": known}
    if row["state"] != "done" or value is None:
        inside = min(max(known, ends[0] + pad), ends[1] - pad)
        look = {"marker": "x", "size": 11, "says": row["state"], "value": inside}
    return {**row, "arm": row[question.contrast], "seed": row.get(SEED, ""), **look}


def means(summary: DataFrame, question: Question) -> list[Point]:
    """The arms' means: arm, value, the ends of its interval, and what to say of them."""
    rows = select(summary, {"metric": question.metric}).to_dict("records")
    return [_mean(dict(row), question) for row in rows if number(row["mean"]) is not None]


def _mean(row: Point, question: Question) -> Point:
    decimals, mean = measure(question.metric).decimals, float(row["mean"])
    low, high = (number(row[name]) for name in ("low", "high"))
    says = written(mean, decimals)
    if low is None or high is None:
        low, high = mean, mean
    else:
        says += f" ({written(low, decimals)} to {written(high, decimals)})"
    found = {"arm": row[question.contrast], "value": mean, "low": low, "high": high}
    return {**row, **found, "says": says, "counted": counted(row)}


def counted(row: Point) -> str:
    """How many of the seeds came how far: `4 of 5 done, 1 diverged`."""
    ends = [f"{row[end]} {end}" for end in ("diverged", "failed") if row[end]]
    return ", ".join([f"{row['done']} of {row['seeds']} done", *ends])
