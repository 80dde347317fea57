"""The table of tails as a figure and as Markdown: distributions across, norms and measures down."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy
from matplotlib.axes import Axes

from whynorm.results.cubes import blank, save
from whynorm.results.markdown import lines
from whynorm.results.measures import MISSING, brief
from whynorm.results.palette import Look, looks
from whynorm.results.panels import dress, foot, paint

Row = Mapping[str, str | int | float | bool]
Rows = Sequence[Row]

# What each measure is called in the table, in its order.
MEASURES = {
    "kurtosis": "kurtosis of the input",
    "range": "range of the output",
    "standard deviation": "its standard deviation",
    "middle half": "width of its middle half",
    "share of range": "that width, as a share of the range",
    "moved": "ordinary outputs moved, in their standard deviations",
    "spread left": "spread left to them",
    "correlation": "correlation left to them",
    "correlation in bfloat16": "the same in bfloat16",
    "gradient left": "gradient left to them",
    "gradient at ends": "gradient at the ends, theirs being 1",
}
DRAWN = {
    "standard deviation": "standard deviation of the output",
    "moved": "ordinary outputs moved, in their standard deviations",
    "spread left": "spread left to ordinary outputs",
    "gradient at ends": "gradient at the ends, where ordinary features have 1",
}
NOTE = "Means over draws, with 95 % intervals where these are wider than the marks."
APART = 0.44  # of the distance between two distributions, which the norms at one share


def names(rows: Rows, column: str) -> list[str]:
    """The values of a column, each once, in the table's order."""
    return list(dict.fromkeys(str(row[column]) for row in rows))


def markdown(rows: Rows) -> str:
    """The table as Markdown; norms between which no written digit differs share a line."""
    titles, body = names(rows, "distribution"), list[list[str]]()
    for measure, words in MEASURES.items():
        alike: dict[tuple[str, ...], list[str]] = {}
        for norm in names(rows, "norm"):
            cells = tuple(cell(row, measure) for row in rows if row["norm"] == norm)
            alike.setdefault(cells, []).append(norm)
        named = [(norms, cells) for cells, norms in alike.items()]
        body += [[words, listed(norms, rows), *cells] for norms, cells in named]
    return "".join(f"{line}\n" for line in lines(["", "norm", *titles], body))


def listed(norms: Sequence[str], rows: Rows) -> str:
    """The norms of a line."""
    every = names(rows, "norm") == list(norms)
    return "all" if every else ", ".join(f"`{norm}`" for norm in norms)


def cell(row: Row, measure: str) -> str:
    """Mean to two digits, and half of its interval where that shows in them."""
    mean, half = float(row[measure]), float(row[f"{measure} ±"])
    if not math.isfinite(mean):
        return MISSING
    last = 10 ** (math.floor(math.log10(abs(mean) or 1.0)) - 1)
    text = brief(float(f"{mean:.2g}"))
    return f"{text} ± {brief(float(f'{half:.1g}'))}" if half >= last / 2 else text


def draw(rows: Rows, path: Path) -> None:
    """Write a panel for each of four measures, a mark for each norm, as .svg and .png."""
    shown, titles = looks(names(rows, "norm")), names(rows, "distribution")
    shifts = numpy.linspace(-APART / 2, APART / 2, len(shown)).tolist()
    figure = blank(10.4, 6.4)
    for place, (measure, words) in enumerate(DRAWN.items()):
        axes = figure.add_subplot(2, 2, place + 1)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        for (norm, look), shift in zip(shown.items(), shifts, strict=True):
            marks(axes, [row for row in rows if row["norm"] == norm], measure, look, shift)
        axes.set_xticks(range(len(titles)), [title.replace(" ", "\n") for title in titles])
        dress(axes, words, characters=60)
    foot(figure, shown, [NOTE])
    save(figure, path)


def marks(axes: Axes, rows: Rows, measure: str, look: Look, shift: float) -> None:
    """One norm's means and intervals over the distributions."""
    columns = (measure, f"{measure} ±")
    means, halves = (numpy.array([float(row[name]) for row in rows]) for name in columns)
    at = numpy.arange(len(rows)) + shift
    axes.errorbar(at, means, halves, fmt="none", ecolor=look.colour, elinewidth=1.3, capsize=2.5)
    paint(axes.plot(at, means)[0], look)
