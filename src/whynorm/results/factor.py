"""The picture of a factor against the metric that decides: a line for each arm, a dot a seed."""

import math
from collections.abc import Iterable
from pathlib import Path

import numpy
import pandas
from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, NullLocator

from whynorm.results.cells import arms, conditions, places, select, values
from whynorm.results.cubes import INK, save
from whynorm.results.language import ENGLISH, translated
from whynorm.results.measures import brief
from whynorm.results.palette import Look, looks
from whynorm.results.panels import dress, foot, grid, paint
from whynorm.results.runs import Question
from whynorm.results.verdict import missing
from whynorm.results.wording import measured, placed

NOTE = "Bars: 95 % interval of the mean. Dots: seeds. Crosses: seeds that diverged."
TOKENS = "tokens_per_batch"
HELD = "real target tokens in a batch"
APART = 0.36  # octaves over which the arms at one value stand beside each other


def draw(
    table: pandas.DataFrame,
    summary: pandas.DataFrame,
    question: Question,
    path: Path,
    language: str = ENGLISH,
) -> None:
    """Draw mean, 95 % interval and every seed along the factor, as .svg and .png.

    A panel for each of the other conditions. The axis doubles from one unit to the next; where the
    number of tokens in a batch changes with the factor, a second axis above tells it. A cross is a
    run that diverged and counts as 0. Raises ValueError where the factor is no swept number.
    """
    assert question.factor
    steps = ticks(table, question.factor)
    keys = [key for key in conditions(summary, question) if key != question.factor]
    found = places(summary, keys)
    shown_as = looks(arms(table, question))
    figure, panels = grid(len(found), 4.6 if len(found) > 1 else 6.8, 3.7)
    rows = select(summary, {"metric": question.metric})
    for axes, place in zip(panels, found, strict=True):
        scale(axes, steps, question.factor)
        for (arm, look), shift in zip(shown_as.items(), shifts(len(shown_as)), strict=True):
            here = {question.contrast: arm, **place}
            means(axes, select(rows, here), question.factor, look, shift)
            runs = select(table, here)
            at = runs[question.factor].to_numpy(dtype=float) * shift
            lost = (runs["state"] == "diverged").to_numpy()
            dots(axes, at, values(runs, question.metric).to_numpy(), lost, look)
        dress(axes, placed(place, language))
        tokens(axes, select(table, place), question.factor, language)
    panels[0].set_ylabel(measured(question.metric, language), color=INK, fontsize=11)
    room(panels[0], [*values(table, question.metric), *rows["mean"]])
    lost = missing(summary, question, language)
    foot(figure, shown_as, [translated(NOTE, language), *lost])
    save(figure, path)


def ticks(table: pandas.DataFrame, factor: str) -> list[float]:
    """The factor's values in order."""
    if factor not in table:
        raise ValueError(f"factor={factor} is no column of the table: choose among {list(table)}")
    try:
        found = sorted({float(text) for text in table[factor]})
    except ValueError as error:
        raise ValueError(f"factor={factor} has values that are no numbers: {error}") from None
    if found[0] <= 0:
        raise ValueError(f"factor={factor} is {found[0]:g} somewhere: it must be above 0")
    return found


def scale(axes: Axes, steps: list[float], factor: str) -> None:
    """The horizontal axis, which doubles, with a tick at each value."""
    axes.set_xscale("log", base=2)
    axes.set_xlim(steps[0] / 2**0.5, steps[-1] * 2**0.5)
    axes.xaxis.set_major_locator(FixedLocator(steps))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([brief(step) for step in steps])
    axes.set_xlabel(factor, color=INK, fontsize=11, parse_math=False)


def shifts(count: int) -> list[float]:
    """By what each arm's values are multiplied, so that arms stand beside each other."""
    return [2**octaves for octaves in numpy.linspace(-APART / 2, APART / 2, count)]


def means(axes: Axes, rows: pandas.DataFrame, factor: str, look: Look, shift: float) -> None:
    """The mean of each value of the factor, and its interval."""
    rows = rows.assign(at=rows[factor].astype(float)).sort_values("at")
    trace(axes, rows, look)
    rows = rows.assign(at=rows["at"] * shift)
    bars(axes, rows, look)
    marks = axes.plot(rows["at"], rows["mean"], zorder=4)[0]
    paint(marks, look)
    marks.set_linestyle("")


def trace(axes: Axes, rows: pandas.DataFrame, look: Look) -> None:
    """The line through some means.

    It is not shifted as they are: on a slope, arms would seem to differ that do not.
    """
    drawn = axes.plot(rows["at"], rows["mean"], zorder=2)[0]
    paint(drawn, look)
    drawn.set_marker("")


def bars(axes: Axes, rows: pandas.DataFrame, look: Look) -> None:
    """The intervals of some means."""
    low, high = (rows["mean"] - rows["low"]).to_numpy(), (rows["high"] - rows["mean"]).to_numpy()
    axes.errorbar(
        rows["at"],
        rows["mean"],
        [low, high],
        fmt="none",
        ecolor=look.colour,
        elinewidth=1.3,
        capsize=2.5,
        zorder=3,
    )


def room(axes: Axes, shown: Iterable[float]) -> None:
    """The vertical axis: it shows all of these; an interval from few seeds may leave it."""
    found = [value for value in shown if math.isfinite(value)] or [0.0]
    pad = 0.07 * (max(found) - min(found)) or 1.0
    axes.set_ylim(min(found) - pad, max(found) + pad)


def dots(
    axes: Axes, at: numpy.ndarray, found: numpy.ndarray, lost: numpy.ndarray, look: Look
) -> None:
    """Every run: a dot, or a cross where one diverged that counts all the same."""
    dot = axes.scatter(at[~lost], found[~lost], s=9, color=look.colour, linewidths=0, zorder=2)
    dot.set_alpha(0.6)
    axes.scatter(at[lost], found[lost], s=34, color=look.colour, marker="x", zorder=5)


def tokens(axes: Axes, runs: pandas.DataFrame, factor: str, language: str) -> None:
    """A second axis above: how many real target tokens a batch holds at each value."""
    counts = runs.dropna(subset=[TOKENS]).groupby(factor)[TOKENS]
    held = {float(str(step)): float(numpy.mean(found)) for step, found in counts}
    if not held or max(held.values()) < 1.5 * min(held.values()):
        return
    above = axes.secondary_xaxis("top")
    above.xaxis.set_major_locator(FixedLocator(list(held)))
    above.xaxis.set_minor_locator(NullLocator())
    above.set_xticklabels([f"{count:,.0f}" for count in held.values()])
    above.tick_params(colors=INK, labelsize=10)
    above.spines["top"].set_color(INK)
    above.set_xlabel(translated(HELD, language), color=INK, fontsize=10.5)
