"""The forest plot of a sweep: an interval for each difference to the baseline, a dot a seed."""

from pathlib import Path
from typing import Any, NamedTuple

import pandas
from matplotlib.axes import Axes

from whynorm.results.cells import (
    TRANSLATED,
    arms,
    checked,
    conditions,
    facing,
    pairs,
    places,
    select,
)
from whynorm.results.cubes import INK, blank, save
from whynorm.results.language import ENGLISH, translated
from whynorm.results.palette import Look, looks
from whynorm.results.panels import dress, foot, literal, paint
from whynorm.results.runs import Question
from whynorm.results.wording import WORDS, Row, called, digits, measured, placed

NOTE = "Dot: one seed. Bar: 95 % interval of their mean. Shaded: too small to matter."
RIGHT = "{metric}: difference to {baseline}, better to the right"
LEFT = "{metric}: difference to {baseline}, better to the left"
ENDS = "{low} to {high}"
LOST = "{here} diverged, {there} of {baseline}"


class Level(NamedTuple):
    """One line of the picture: a comparison and its seeds, or the name of a condition."""

    text: str
    row: Row | None = None
    seeds: tuple[float, ...] = ()


def draw(
    table: pandas.DataFrame,
    comparisons: pandas.DataFrame,
    question: Question,
    path: Path,
    language: str = ENGLISH,
) -> None:
    """Draw each comparison in the metric that decides on its own line, as .svg and .png.

    To the right stand verdict, difference with interval, and how many runs diverged.
    """
    levels = leveled(table, comparisons, question, language)
    shown_as = looks(arms(table, question))
    figure = blank(10.0, 0.8 + 0.34 * len(levels))
    figure.set_layout_engine("constrained")
    axes = figure.add_subplot()
    dress(axes, "")
    grounds(axes, levels, question, language)
    for place, level in enumerate(levels):
        if level.row is not None:
            mark(axes, place, level, shown_as[level.text])
    name(axes, levels, question, language)
    foot(figure, {}, [translated(NOTE, language)])
    save(figure, path)


def leveled(
    table: pandas.DataFrame, comparisons: pandas.DataFrame, question: Question, language: str
) -> list[Level]:
    """The lines of the picture from the top: below each condition its comparisons."""
    decisive = select(comparisons, {"metric": question.metric})
    seeds = {
        tuple(place.items()): tuple(pairs(runs, base, question.metric)["difference"].dropna())
        for place, runs, base in facing(checked(table, question), question)
    }
    keys, found = conditions(comparisons, question), []
    for place in places(decisive, keys):
        found += [Level(placed(place, language))] if keys else []
        rows: list[dict[Any, Any]] = select(decisive, place).to_dict("records")
        for row in rows:
            here = {question.contrast: row[question.contrast], **place}
            found.append(Level(row[question.contrast], row, seeds[tuple(here.items())]))
    return found


def grounds(axes: Axes, levels: list[Level], question: Question, language: str) -> None:
    """What the marks stand on: zero, the margin, and the span of all seeds and means."""
    axes.axvspan(-question.margin, question.margin, color=INK, alpha=0.18, linewidth=0)
    axes.axvline(0.0, color=INK, linewidth=1.2)
    axes.set_ylim(len(levels) - 0.5, -0.5)
    inside = [question.margin, -question.margin, *(x for level in levels for x in level.seeds)]
    reach = max(inside) - min(inside) or 1.0
    # An interval from two seeds may be wider than all else together: it may leave the picture.
    axes.set_xlim(min(inside) - 0.3 * reach, max(inside) + 0.3 * reach)
    words = translated(RIGHT if question.metric in TRANSLATED else LEFT, language)
    baseline = called(question.baseline, question.contrast)
    words = words.format(metric=measured(question.metric, language), baseline=baseline)
    axes.set_xlabel(words, color=INK, fontsize=11, parse_math=False)


def mark(axes: Axes, place: int, level: Level, look: Look) -> None:
    """One comparison: its seeds, its interval, its mean."""
    assert level.row is not None
    axes.scatter(
        level.seeds, [place] * len(level.seeds), s=16, color=look.colour, alpha=0.55, linewidths=0
    )
    axes.plot([level.row["low"], level.row["high"]], [place] * 2, color=look.colour, linewidth=2.0)
    paint(axes.plot([level.row["difference"]], [place])[0], look)


def name(axes: Axes, levels: list[Level], question: Question, language: str) -> None:
    """Arms and conditions to the left, verdicts with their numbers to the right."""
    arms = [level.text if level.row is not None else "" for level in levels]
    axes.set_yticks(range(len(levels)), arms)
    for label in axes.get_yticklabels():
        literal(label)
    heading = {"color": INK, "va": "center", "weight": "bold", "fontsize": 10, "parse_math": False}
    for place, level in enumerate(levels):
        if level.row is None:
            axes.text(0.01, place, level.text, heading, transform=axes.get_yaxis_transform())
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    beside = axes.secondary_yaxis("right")
    beside.set_yticks(range(len(levels)), [told(level, question, language) for level in levels])
    beside.tick_params(colors=INK, labelsize=10, length=0)
    for label in beside.get_yticklabels():
        literal(label).set(linespacing=1.0)
    beside.spines["right"].set_visible(False)


def told(level: Level, question: Question, language: str) -> str:
    """Verdict, difference and interval of a line, and what diverged, in words."""
    row = level.row
    if row is None:
        return ""
    size = digits(row["difference"], question.metric, signed=True)
    ends = {end: digits(row[end], question.metric) for end in ("low", "high")}
    verdict = translated(WORDS[row["verdict"]], language)
    words = f"{verdict}  {size} ({translated(ENDS, language).format_map(ends)})"
    if row["diverged"] or row["baseline_diverged"]:
        lost = {"here": row["diverged"], "there": row["baseline_diverged"]}
        text = translated(LOST, language)
        words += "\n" + text.format_map(
            {**lost, "baseline": called(question.baseline, question.contrast)}
        )
    return words
