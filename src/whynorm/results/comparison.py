"""The picture of paired differences to the baseline: a forest plot, or lines along the factor."""

from pathlib import Path

import pandas
from matplotlib.axes import Axes

from whynorm.results import forest
from whynorm.results.cells import (
    SEED,
    TRANSLATED,
    arms,
    checked,
    conditions,
    facing,
    pairs,
    places,
    select,
)
from whynorm.results.cubes import INK, save
from whynorm.results.factor import bars, dots, room, scale, shifts, ticks, tokens, trace
from whynorm.results.language import ENGLISH, translated
from whynorm.results.palette import Look, looks
from whynorm.results.panels import dress, foot, grid, paint
from whynorm.results.runs import Question
from whynorm.results.statistics import summary
from whynorm.results.verdict import missing
from whynorm.results.wording import called, measured, placed

NOTE = "Bars: 95 % interval of the mean over seeds. Hollow: open. Shaded: too small to matter."
UP = "{metric}: difference to {baseline}\n(better up)"
DOWN = "{metric}: difference to {baseline}\n(better down)"


def draw(
    table: pandas.DataFrame,
    comparisons: pandas.DataFrame,
    question: Question,
    path: Path,
    language: str = ENGLISH,
) -> None:
    """Draw the differences in the metric that decides, as .svg and .png.

    Along the factor where there is one, in a panel for each other condition; else in a forest plot.
    Raises ValueError where there is nothing to compare.
    """
    if comparisons.empty:
        raise ValueError(f"baseline={question.baseline} stands alone: there is nothing to draw")
    if question.factor in conditions(comparisons, question):
        along(checked(table, question), comparisons, question, path, language)
    else:
        forest.draw(checked(table, question), comparisons, question, path, language)


def along(
    table: pandas.DataFrame,
    comparisons: pandas.DataFrame,
    question: Question,
    path: Path,
    language: str,
) -> None:
    """Draw a line of differences for each arm over the factor's values."""
    assert question.factor
    rows = select(comparisons, {"metric": question.metric})
    found = places(rows, [k for k in conditions(rows, question) if k != question.factor])
    steps, shown_as = ticks(table, question.factor), looks(arms(table, question))
    figure, panels = grid(len(found), 4.6 if len(found) > 1 else 6.8, 3.7)
    dotted = differences(table, question)
    for axes, place in zip(panels, found, strict=True):
        scale(axes, steps, question.factor)
        axes.axhspan(-question.margin, question.margin, color=INK, alpha=0.18, linewidth=0)
        axes.axhline(0.0, color=INK, linewidth=1.2)
        for (arm, look), shift in zip(shown_as.items(), shifts(len(shown_as)), strict=True):
            here = {question.contrast: arm, **place}
            line(axes, select(rows, here), question.factor, look, shift)
            runs = select(dotted, here)
            at = runs[question.factor].to_numpy(dtype=float) * shift
            dots(axes, at, runs["difference"].to_numpy(), runs["lost"].to_numpy(), look)
        dress(axes, placed(place, language))
        tokens(axes, select(table, place), question.factor, language)
    words = translated(UP if question.metric in TRANSLATED else DOWN, language)
    baseline = called(question.baseline, question.contrast)
    words = words.format(metric=measured(question.metric, language), baseline=baseline)
    panels[0].set_ylabel(words, color=INK, fontsize=11, parse_math=False)
    room(panels[0], [question.margin, -question.margin, *dotted["difference"]])
    shown = {arm: look for arm, look in shown_as.items() if arm != question.baseline}
    lost = missing(summary(table, question), question, language)
    foot(figure, shown, [translated(NOTE, language), *lost])
    save(figure, path)


def differences(table: pandas.DataFrame, question: Question) -> pandas.DataFrame:
    """Every seed's difference to the baseline, and whether a run of the two diverged."""
    found = []
    for place, runs, base in facing(table, question):
        both = pairs(runs, base, question.metric)
        lost = {*_seeds(runs, "diverged"), *_seeds(base, "diverged")}
        found.append(both.assign(lost=[seed in lost for seed in both.index], **place))
    return pandas.concat(found, ignore_index=True)


def line(axes: Axes, rows: pandas.DataFrame, factor: str, look: Look, shift: float) -> None:
    """The differences of one arm and their intervals; hollow where the verdict is open."""
    rows = rows.assign(at=rows[factor].astype(float), mean=rows["difference"]).sort_values("at")
    trace(axes, rows, look)
    rows = rows.assign(at=rows["at"] * shift)
    bars(axes, rows, look)
    for hollow in (True, False):
        told = rows.loc[((rows["verdict"] == "open") == hollow).to_numpy()]
        marks = axes.plot(told["at"], told["mean"], zorder=4)[0]
        paint(marks, look)
        marks.set(linestyle="", markerfacecolor="none" if hollow else look.colour)


def _seeds(runs: pandas.DataFrame, state: str) -> list[str]:
    return [seed for seed, ended in zip(runs[SEED], runs["state"], strict=True) if ended == state]
