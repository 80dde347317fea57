"""The table of tails as a figure and as Markdown: distributions across, norms and measures down."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy
from matplotlib.axes import Axes

from whynorm.results.cubes import blank, save
from whynorm.results.markdown import lines
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
    "share of range": "share of the range that the middle half takes",
    "moved": "ordinary outputs moved by the most extreme feature, in their standard deviations",
    "spread left": "spread left to ordinary outputs",
    "correlation": "correlation of ordinary outputs with and without it",
    "correlation in bfloat16": "the same in bfloat16",
    "gradient left": "gradient left to ordinary features",
    "gradient at ends": "larger gradient of the two ends, that of ordinary features being 1",
}
DRAWN = {
    "standard deviation": "standard deviation of the output",
    "spread left": "spread left to ordinary features beside the most extreme one",
    "moved": "how far it moves them, in their standard deviations",
    "gradient at ends": "gradient at the ends of the range, that of ordinary features being 1",
}
NOTE = (
    "Means over draws, with 95 % intervals where these are wider than the marks. To the right "
    "tails grow heavier."
)
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
    """Mean to three digits, and half of its interval where it shows in them."""
    mean, half = float(row[measure]), float(row[f"{measure} ±"])
    if not math.isfinite(mean):
        return "–"
    last = 10 ** (math.floor(math.log10(abs(mean) or 1.0)) - 2)
    text = f"{mean:.3g} ± {half:.1g}" if half >= last / 2 else f"{mean:.3g}"
    return text.replace("-", "−")


def draw(rows: Rows, path: Path) -> None:
    """Write a panel for each of four measures, a mark for each norm, as .svg and .png."""
    shown = looks(names(rows, "norm"))
    figure = blank(4.1 * len(DRAWN), 3.6)
    for place, (measure, title) in enumerate(DRAWN.items()):
        axes = figure.add_subplot(1, len(DRAWN), place + 1)
        shifts = numpy.linspace(-APART / 2, APART / 2, len(shown))
        for (norm, look), shift in zip(shown.items(), shifts, strict=True):
            marks(axes, [row for row in rows if row["norm"] == norm], measure, look, float(shift))
        titles = names(rows, "distribution")
        axes.set_xticks(range(len(titles)), [title.replace(" ", "\n") for title in titles])
        dress(axes, title)
    foot(figure, shown, [NOTE])
    save(figure, path)


def marks(axes: Axes, rows: Rows, measure: str, look: Look, shift: float) -> None:
    """One norm's means and intervals over the distributions."""
    means, halves = (
        numpy.array([float(row[name]) for row in rows]) for name in (measure, f"{measure} ±")
    )
    at = numpy.arange(len(rows)) + shift
    axes.set_yscale("log")
    axes.errorbar(at, means, halves, fmt="none", ecolor=look.colour, elinewidth=1.3, capsize=2.5)
    line = axes.plot(at, means)[0]
    paint(line, look)
    line.set_linestyle("")
