"""A summary as a table of Markdown, for a README."""

import math
from collections.abc import Sequence
from typing import Any

import pandas

from whynorm.results.cells import conditions, select
from whynorm.results.measures import measure, written
from whynorm.results.runs import Question


def grid(summary: pandas.DataFrame, question: Question) -> str:
    """Mean and half the 95 % interval: a row for each arm and condition.

    Columns are the values of the factor in the metric that decides or, without a factor, metrics.
    """
    factor = question.factor if question.factor in conditions(summary, question) else None
    across = factor or "metric"
    rows = select(summary, {"metric": question.metric}) if factor else summary
    keys = [question.contrast, *(k for k in conditions(summary, question) if k != factor)]
    titles = list(dict.fromkeys(rows[across]))
    cells = {
        (*(row[key] for key in keys), row[across]): cell(row) for row in rows.to_dict("records")
    }
    places = list(dict.fromkeys(tuple(row[key] for key in keys) for row in rows.to_dict("records")))
    body = [[*place, *(cells.get((*place, title), "") for title in titles)] for place in places]
    named = [
        f"{measure(question.metric).name}, {factor} {title}" if factor else measure(title).name
        for title in titles
    ]
    return "\n".join(lines([*keys, *named], body))


def cell(row: dict[Any, Any]) -> str:
    """Mean and half the interval; how many diverged, if any did."""
    decimals = measure(row["metric"]).decimals
    half = (row["high"] - row["low"]) / 2
    text = "–" if math.isnan(row["mean"]) else written(row["mean"], decimals)
    text += "" if math.isnan(half) else f" ± {written(half, decimals)}"
    return text + (f" ({row['diverged']} of {row['seeds']} diverged)" if row["diverged"] else "")


def lines(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table; a bar inside a cell is escaped."""
    every = [titles, ["---"] * len(titles), *rows]
    return [
        "| " + " | ".join(str(text).replace("|", "\\|") for text in row) + " |" for row in every
    ]
