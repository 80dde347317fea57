"""The picture of how training grows: a column for each axis, a row for each measure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator

from whynorm.results.cubes import INK, blank, save
from whynorm.results.palette import looks
from whynorm.results.panels import dress, paint

Row = Mapping[str, int | float | str | None]
THOUSAND = 1000
# Columns of the table.
MEASURES = ("tokens/s", "peak MiB", "share of matrix rate, %")
WORDS = {
    "d_model": "d_model",
    "layers": "layers of each stack",
    "length": "tokens a sentence",
    "vocabulary": "vocabulary",
    "tokens": "target tokens a batch",
    "workers": "loader workers",
}


def draw(rows: Sequence[Row], path: Path) -> None:
    """Draw every axis against every measure, as .svg and .png.

    Along a row the scale is one and begins at zero. Raises ValueError where nothing was measured.
    """
    axes = list(dict.fromkeys(str(row["axis"]) for row in rows))
    if not axes:
        raise ValueError("nothing was measured: there is nothing to draw")
    figure = blank(2.5 * len(axes), 2.2 * len(MEASURES))
    figure.set_layout_engine("constrained")
    shown = looks(MEASURES)
    for down, measure in enumerate(MEASURES):
        first: Axes | None = None
        for across, axis in enumerate(axes):
            place = down * len(axes) + across + 1
            panel = figure.add_subplot(len(MEASURES), len(axes), place, sharey=first)
            first = first or panel
            points = [row for row in rows if row["axis"] == axis and row[measure] is not None]
            paint(panel.plot(*numbers(points, measure))[0], shown[measure])
            dress(panel, WORDS.get(axis, axis) if not down else "")
            ticks(panel, [float(row["value"] or 0) for row in points])
            panel.label_outer()
        assert first is not None
        first.set_ylim(bottom=0)
        first.set_ylabel(measure, color=INK, fontsize=11)
    save(figure, path)


def numbers(points: Sequence[Row], measure: str) -> tuple[list[float], list[float]]:
    """The points' values and measures."""
    return (
        [float(row["value"] or 0) for row in points],
        [float(row[measure] or 0) for row in points],
    )


def ticks(panel: Axes, values: Sequence[float]) -> None:
    """Values where they were measured, at distances that show by which factor they grow."""
    if values and min(values) > 0:
        panel.set_xscale("log", base=2)
    panel.xaxis.set_minor_locator(NullLocator())
    panel.set_xticks(list(values), [short(value) for value in values])
    panel.tick_params(axis="x", labelsize=8)


def short(value: float) -> str:
    """A number in few letters, thousands as k."""
    return f"{value:g}" if value < THOUSAND else f"{value / THOUSAND:.3g}k"
