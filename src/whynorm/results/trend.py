"""Many comparisons in few sentences: how the verdict goes along a factor, or over the arms."""

import math
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from whynorm.results.measures import measure, number
from whynorm.results.runs import Question
from whynorm.results.wording import WORDS, called, digits, listed, placed, probability, spread


def trends(rows: list[dict[Any, Any]], question: Question, keys: Sequence[str]) -> list[str]:
    """A sentence for each line along the factor, or, without one, for each condition."""
    factor = question.factor if question.factor in keys else None
    along = factor or question.contrast
    others = [key for key in (question.contrast, *keys) if key != along]
    lines: dict[tuple[str, ...], list[dict[Any, Any]]] = {}
    for row in rows:
        lines.setdefault(tuple(row[key] for key in others), []).append(row)
    found = []
    for values, line in lines.items():
        place = dict(zip(others, values, strict=True))
        arm = called(place.pop(question.contrast, ""), question.contrast)
        baseline = called(question.baseline, question.contrast)
        where = [f"{arm} against" if arm else "Against", baseline]
        where += [f"in {measure(question.metric).name}"]
        where += [f"at {placed(place)}"] if place else []
        where += [f"over {factor}"] if factor else []
        found.append(f"{' '.join(where)}: {'; '.join(stretches(line, along, bool(factor)))}.")
    return found


def stretches(line: list[dict[Any, Any]], along: str, ordered: bool) -> list[str]:
    """Neighbours along a factor, or arms, that have one verdict."""
    order = list(WORDS).index
    line = sorted(line, key=lambda r: number(r[along]) or 0.0 if ordered else order(r["verdict"]))
    found = []
    for verdict, rows in groupby(line, key=lambda row: row["verdict"]):
        group = list(rows)
        names = [str(row[along]) for row in group]
        if ordered and len(names) > 2:
            end = "on" if group[-1] is line[-1] else f"to {names[-1]}"
            names = [f"from {names[0]} {end}"]
        elif ordered:
            names = [f"at {listed(names)}"]
        found.append(f"{WORDS[verdict]}{' ' if ordered else ': '}{listed(names)} ({_span(group)})")
    return found


def _span(rows: list[dict[Any, Any]]) -> str:
    """The differences of some comparisons, and the largest p that is behind a verdict."""
    differences = [row["difference"] for row in rows if not math.isnan(row["difference"])]
    if not differences:
        return "no pairs of seeds"
    ends = dict.fromkeys([min(differences), max(differences)])
    size = " to ".join(digits(end, rows[0]["metric"], signed=True) for end in ends)
    if rows[0]["verdict"] in ("better", "worse"):
        p = max(row["p_holm"] for row in rows)
        return f"{size}, {probability(p, largest=len(rows) > 1)}"
    return f"{size}, {spread(rows[0])}" if len(rows) == 1 else size
