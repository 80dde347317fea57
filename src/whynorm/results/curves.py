"""The picture of learning curves: a panel for each condition, a band over seeds for each arm."""

from collections.abc import Sequence
from pathlib import Path

import pandas
from matplotlib.axes import Axes

from whynorm.results.cells import arms, conditions, places, select
from whynorm.results.cubes import INK, save
from whynorm.results.flow import WIDE
from whynorm.results.language import ENGLISH, translated
from whynorm.results.measures import number
from whynorm.results.palette import Look, looks
from whynorm.results.panels import dress, foot, grid, paint
from whynorm.results.runs import Question, Run
from whynorm.results.statistics import curve
from whynorm.results.wording import measured, placed

NOTE = "Thin lines: single runs. Bands: 95 % interval of the mean over seeds."
MOST = 8


def draw(
    bands: pandas.DataFrame,
    runs: Sequence[Run],
    question: Question,
    column: str,
    path: Path,
    language: str = ENGLISH,
) -> None:
    """Draw the bands of a column, with every run as a thin line, as .svg and .png.

    Where there are many conditions, those with the smallest, the middle and the largest value of
    the factor are drawn. A band is missing where one run alone has a number. Raises ValueError
    where no run has any.
    """
    if bands.empty:
        raise ValueError(f"column={column} was logged by no run: there is nothing to draw")
    drawn = shown(bands, question)
    shown_as = looks(arms(pandas.DataFrame([run.swept for run in runs]), question))
    figure, panels = grid(len(drawn), 3.6 if len(drawn) > 1 else 6.4, 3.2)
    for axes, place in zip(panels, drawn, strict=True):
        for arm, look in shown_as.items():
            here = {question.contrast: arm, **place}
            for run in runs:
                if here.items() <= run.swept.items():
                    seed(axes, curve(run, column), look)
            mean(axes, select(bands, here), look, first=list(shown_as).index(arm))
        dress(axes, placed(place, language), 28)
        axes.set_xlabel(translated("update", language), color=INK, fontsize=11)
    scale(panels[0], bands, falls=column.endswith("loss"))
    panels[0].set_ylabel(measured(column, language), color=INK, fontsize=11)
    foot(figure, shown_as, [translated(NOTE, language)])
    save(figure, path)


def shown(bands: pandas.DataFrame, question: Question) -> list[dict[str, str]]:
    """The conditions that have a panel."""
    keys = conditions(bands, question)
    found = places(bands, keys)
    if len(found) <= MOST or question.factor not in keys:
        return found
    values = sorted(dict.fromkeys(bands[question.factor]), key=lambda text: number(text) or 0.0)
    told = {values[0], values[len(values) // 2], values[-1]}
    return [place for place in found if place[question.factor] in told]


def seed(axes: Axes, logged: pandas.DataFrame, look: Look) -> None:
    """One run's curve."""
    axes.plot(logged["step"], logged["value"], color=look.colour, linewidth=0.6, alpha=0.55)


def mean(axes: Axes, band: pandas.DataFrame, look: Look, first: int) -> None:
    """The mean over seeds and its interval, marked here and there from its `first` point on."""
    every = max(1, len(band) // 6)
    paint(axes.plot(band["step"], band["mean"], markevery=(first % every, every))[0], look)
    low, high = band["low"].to_numpy(), band["high"].to_numpy()
    axes.fill_between(band["step"], low, high, color=look.colour, alpha=0.2, linewidth=0)


def scale(axes: Axes, bands: pandas.DataFrame, *, falls: bool) -> None:
    """The vertical axis: of what falls, logarithmic where means span far, else with room for them.

    What falls, as losses do, is drawn from where the first eighth of the updates is over. A score
    of translations has a zero that means something, and stays as it is.
    """
    if not falls:
        return
    late = bands.loc[(bands["step"] >= bands["step"].max() / 8).to_numpy(), "mean"].to_numpy()
    if late.min() > 0 and late.max() / late.min() > WIDE:
        axes.set_yscale("log")
    else:
        room = (late.max() - late.min()) or 1.0
        axes.set_ylim(late.min() - 0.15 * room, late.max() + 0.15 * room)
