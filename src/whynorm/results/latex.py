"""A table of means for a paper, in LaTeX with booktabs."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import pandas

from whynorm.results.cells import TRANSLATED, arms, conditions, metrics, places, select
from whynorm.results.measures import measure, number
from whynorm.results.runs import Question
from whynorm.results.wording import WORDS, called, digits

MARKS = {"better": "+", "worse": "-", "same": "="}
MISSING = "--"

ESCAPES = str.maketrans(
    {character: f"\\{character}" for character in "&%$#_{}"}
    | {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        # After the end of a row these would be its option.
        "[": "{[}",
        "*": "{*}",
        "±": r"$\pm$",
        "−": r"$-$",
        "–": MISSING,
        "∞": r"$\infty$",
    }
)


def table(summary: pandas.DataFrame, comparisons: pandas.DataFrame, question: Question) -> str:
    """A tabular with a row for each arm and condition, half the 95 % interval behind each mean.

    Columns are the metrics or, where there is a factor, its values in the metric that decides.
    Marks say how a cell compares with the baseline's; daggers count the runs that diverged. It
    needs the packages booktabs and textcomp.
    """
    factor = question.factor if question.factor in conditions(summary, question) else None
    columns = _columns(summary, question, factor)
    keys = [key for key in conditions(summary, question) if key != factor]
    titles = [question.contrast, *keys, "seeds", *columns]
    form = "l" * (1 + len(keys)) + "r" * (1 + len(columns))
    body = [_row(map(escaped, titles)), r"\midrule"]
    for index, here in enumerate(places(summary, keys)):
        body += [r"\addlinespace"] if index else []
        for arm in arms(summary, question):
            place = {question.contrast: arm, **here}
            cells = [_cell(summary, comparisons, place | column) for column in columns.values()]
            counts = _seeds(select(summary, place | {"metric": question.metric}))
            body.append(_row([*map(escaped, place.values()), counts, *cells]))
    head = [rf"\begin{{tabular}}{{{form}}}", r"\toprule"]
    foot = [r"\bottomrule", *(_note(text, len(form)) for text in _notes(question, factor))]
    return "\n".join([*head, *body, *foot, r"\end{tabular}", ""])


def escaped(text: str) -> str:
    """The text as LaTeX shows it literally, on one line."""
    return " ".join(str(text).split()).translate(ESCAPES)


def _columns(
    summary: pandas.DataFrame, question: Question, factor: str | None
) -> dict[str, dict[str, str]]:
    """The title of each column and what its cells have in common."""
    if not factor:
        return {measure(name).words: {"metric": name} for name in metrics(question)}
    values = sorted(dict.fromkeys(summary[factor]), key=lambda text: number(text) or 0.0)
    return {value: {factor: value, "metric": question.metric} for value in values}


def _cell(
    summary: pandas.DataFrame, comparisons: pandas.DataFrame, place: Mapping[str, str]
) -> str:
    """Mean, half the interval, mark and daggers."""
    rows: list[dict[Any, Any]] = select(summary, place).to_dict("records")
    if not rows or math.isnan(rows[0]["mean"]):
        return MISSING
    row, metric = rows[0], place["metric"]
    half = row["high"] - row["mean"]
    mean = digits(row["mean"], metric)
    text = mean if math.isnan(half) else f"{mean} ± {digits(half, metric)}"
    compared = [] if comparisons.empty else list(select(comparisons, place)["verdict"])
    marks = "".join(MARKS.get(verdict, "") for verdict in compared)
    daggers = rf"{row['diverged']}\dagger" if row["diverged"] else ""
    above = ",".join(mark for mark in (marks, daggers) if mark)
    return escaped(text) + (f"$^{{{above}}}$" if above else "")


def _seeds(rows: pandas.DataFrame) -> str:
    """How many seeds a row stands on, counting those that diverged: 5, or 3--5."""
    counts = sorted(done + lost for done, lost in zip(rows["done"], rows["diverged"], strict=True))
    return "--".join(map(str, dict.fromkeys([*counts[:1], *counts[-1:]])))


def _notes(question: Question, factor: str | None) -> list[str]:
    """What the table shows, in lines to stand below it."""
    words = measure(question.metric).words
    shown = f"{words} for each {factor}" if factor else "Means over seeds"
    margin = f" (margin of {words}: {digits(question.margin, question.metric)})"
    signs = ", ".join(f"{sign} {WORDS[verdict]}" for verdict, sign in MARKS.items())
    worst = " or ".join(measure(name).name for name in metrics(question) if name in TRANSLATED)
    lost = f"; each counts as 0 in {worst}" if worst else ""
    baseline = called(question.baseline, question.contrast)
    return [
        escaped(f"{shown}, ± half the 95 % interval. Beside {baseline}: {signs}{margin}."),
        rf"$^{{n\dagger}}$: $n$ runs diverged{escaped(lost)}.",
    ]


def _note(text: str, columns: int) -> str:
    return rf"\multicolumn{{{columns}}}{{l}}{{\footnotesize {text}}} \\"


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
