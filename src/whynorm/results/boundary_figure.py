"""The map of conditions as a picture: an interval for each of them, experiment by experiment."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from whynorm.results.boundary import Map, Place
from whynorm.results.cubes import INK, blank, save
from whynorm.results.language import ENGLISH, translated
from whynorm.results.measures import brief
from whynorm.results.palette import Look
from whynorm.results.panels import dress, foot, literal, paint
from whynorm.results.wording import WORDS, measured

RIGHT = "{metric}: difference of {arm} to {baseline}\n(better to the right)"
NOTE = (
    "Bars: 95 % interval of the mean difference over seeds; in encoder and decoder unless a line "
    "says where. The axis is logarithmic beyond ±{at}."
)
WHERE = {"both": "in both halves", "encoder": "in the encoder", "decoder": "in the decoder"}
# Verdicts have colour and marker, so that neither stands alone.
LOOKS = {
    "worse": Look("#d55e00", "inverted_triangle", ()),
    "open": Look(INK, "circle", ()),
    "same": Look("#0072b2", "square", ()),
    "better": Look("#009e73", "triangle", ()),
}
EVEN = 3.0  # up to here the axis is linear
TICKS = (-90, -30, -10, -3, 0, 3, 10)
MOST = 22  # lines in one column


class Line(NamedTuple):
    """One line of the picture: a place, or the name of an experiment above its places."""

    text: str
    place: Place | None = None


def draw(asked: Map, found: Sequence[Place], path: Path, language: str = ENGLISH) -> None:
    """Draw every place as its mean and 95 % interval, as .svg and .png."""
    columns = folded(lines(found, language))
    figure = blank(6.0 * len(columns), 0.9 + 0.27 * max(map(len, columns)))
    figure.set_layout_engine("constrained")
    for index, column in enumerate(columns):
        axes = figure.add_subplot(1, len(columns), index + 1)
        dress(axes, "")
        scale(axes, len(column), asked, language)
        name(axes, column)
        for height, line in enumerate(column):
            if line.place is not None:
                mark(axes, height, line.place)
    shown = {translated(WORDS[verdict], language): look for verdict, look in LOOKS.items()}
    foot(figure, shown, [translated(NOTE, language).format(at=brief(EVEN))])
    save(figure, path)


def lines(found: Sequence[Place], language: str) -> list[list[Line]]:
    """The lines of each experiment, its name above them."""
    groups: list[list[Line]] = []
    for experiment in dict.fromkeys(place.experiment for place in found):
        here = [place for place in found if place.experiment == experiment]
        several = len({place.where for place in here}) > 1
        named = [Line(label(place, several, language), place) for place in here]
        groups.append([Line(experiment), *named])
    return groups


def label(place: Place, several: bool, language: str) -> str:
    """The condition, and where the arm stands if an experiment has several places for it."""
    where = translated(WHERE.get(place.where, place.where), language) if several else ""
    condition = ", ".join(f"{key} = {value}" for key, value in place.condition.items())
    return ", ".join(text for text in (condition, where) if text) or place.arm


def folded(groups: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """All lines in one column or, where they are many, in two of about the same length."""
    every = sum(map(len, groups))
    columns: list[list[Line]] = [[]]
    for group in groups:
        if every > MOST and len(columns) == 1 and 2 * len(columns[0]) + len(group) > every:
            columns.append([])
        columns[-1] += group
    return [column for column in columns if column]


def scale(axes: Axes, height: int, asked: Map, language: str) -> None:
    """Zero, and an axis on which both a difference of 1 and one of 80 can be read."""
    axes.set_xscale("symlog", linthresh=EVEN, linscale=1.2)
    axes.set_xlim(-110, 14)
    axes.xaxis.set_major_locator(FixedLocator(list(TICKS)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: brief(value)))
    axes.axvline(0.0, color=INK, linewidth=1.2)
    axes.set_ylim(height - 0.5, -0.5)
    words = translated(RIGHT, language)
    arm, metric = next(iter(asked.arms)), measured(asked.metric, language)
    text = words.format(metric=metric, arm=arm, baseline=asked.against)
    axes.set_xlabel(text, color=INK, fontsize=11, parse_math=False)


def name(axes: Axes, column: Sequence[Line]) -> None:
    """Conditions to the left, the name of an experiment above its own."""
    axes.set_yticks(range(len(column)), [line.text for line in column])
    axes.grid(False, axis="y")
    axes.tick_params(axis="y", length=0)
    for line, text in zip(column, axes.get_yticklabels(), strict=True):
        literal(text).set_fontweight("bold" if line.place is None else "normal")


def mark(axes: Axes, height: int, place: Place) -> None:
    """One place: interval and mean; a cross at the left end where every run diverged."""
    if place.difference is None or place.low is None or place.high is None:
        axes.plot([0.01], [height], "x", color=INK, transform=axes.get_yaxis_transform())
        return
    look = LOOKS[place.verdict]
    axes.plot([place.low, place.high], [height] * 2, color=look.colour, linewidth=2.0)
    paint(axes.plot([place.difference], [height])[0], look)
