"""The canvas of the page's plots: axes, marks of arms, and what a pointer is told."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from bokeh.models import (
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    LinearAxis,
    LogAxis,
    Range1d,
)
from bokeh.plotting import figure

from whynorm.results.page_points import Point
from whynorm.results.palette import Look

INK = "#7b828c"  # until the page's script chooses one for its paper
FONT = "system-ui"
MOST_TOLD = 4  # marks at one place
DOT = ["x", "y", "arm", "seed", "says", "marker", "size"]
MEAN = ["x", "y", "x0", "x1", "y0", "y1", "arm", "says", "counted"]
ROOM = 0.06  # of the axis, beyond what stands on it
WIDE = 8.0  # from this ratio of largest to smallest on, an axis may be logarithmic


class Axis(NamedTuple):
    """Where an axis begins and ends, and whether it is logarithmic."""

    low: float
    high: float
    logarithmic: bool = False

    def moved(self, value: float, part: float) -> float:
        """The value, moved by that part of the axis."""
        if self.logarithmic:
            return value * (self.high / self.low) ** part
        return value + part * (self.high - self.low)


def roomy(values: Sequence[float], *, logarithmic: bool = False) -> Axis:
    """An axis with room for all values; logarithmic, if it may, where they are far apart."""
    low, high = (min(values), max(values)) if values else (0.0, 1.0)
    if logarithmic and low > 0 and high / low >= WIDE:
        room = (high / low) ** ROOM
        return Axis(low / room, high * room, logarithmic=True)
    pad = ROOM * (high - low) or 0.5
    return Axis(low - pad, high + pad)


def empty(x: Axis, y: Axis, height: int) -> figure:
    """A plot without marks, as wide as its place on the page, without colours of its own."""
    plot = figure(
        x_range=Range1d(start=x.low, end=x.high),
        y_range=Range1d(start=y.low, end=y.high),
        x_axis_type="log" if x.logarithmic else "linear",
        sizing_mode="stretch_width",
        height=height,
        min_border_right=12,
        tools="",
        toolbar_location=None,
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
    )
    for axis in [*plot.xaxis, *plot.yaxis]:
        dress(axis)
    plot.grid.grid_line_color = INK
    plot.grid.grid_line_alpha = 0.25
    return plot


def dress(axis: Any) -> None:
    """Give the axis the page's type, and no more lines than it needs."""
    axis.axis_label_text_font = axis.major_label_text_font = FONT
    axis.axis_label_text_font_style = "normal"
    axis.axis_label_text_font_size, axis.major_label_text_font_size = "13px", "12px"
    axis.axis_label_text_color = axis.major_label_text_color = INK
    axis.axis_line_color = axis.major_tick_line_color = INK
    axis.minor_tick_line_color = None
    axis.axis_line_alpha = 0.5
    axis.major_tick_in = 0


def add_axis_below(plot: figure, labels: Mapping[float, str], name: str) -> None:
    """A second axis below the first, with these labels at these values."""
    kind = LogAxis if isinstance(plot.xaxis[0], LogAxis) else LinearAxis
    axis: Any = kind(axis_label=name)
    axis.ticker = FixedTicker(ticks=sorted(labels), minor_ticks=[])
    axis.major_label_overrides = dict(labels)
    dress(axis)
    plot.add_layout(axis, "below")


def marks(
    plot: figure,
    seeds: list[Point],
    middle: list[Point],
    looks: Mapping[str, Look],
    *,
    lines: bool = False,
) -> None:
    """Seeds as dots, means with their intervals; an arm's marks carry its number as their tag."""
    pointed: tuple[list[Any], list[Any]] = ([], [])
    for index, (arm, look) in enumerate(looks.items()):
        dots = source([point for point in seeds if point["arm"] == arm], DOT)
        means = source([point for point in middle if point["arm"] == arm], MEAN)
        drawn: list[Any] = [
            plot.segment("x0", "y0", "x1", "y1", source=means, color=look.colour, line_width=2),
            plot.scatter(
                "x", "y", source=dots, marker="marker", size="size", color=look.colour, alpha=0.55
            ),
            plot.scatter("x", "y", source=means, marker=look.marker, size=10, color=look.colour),
        ]
        if lines:
            line = plot.line("x", "y", source=means, color=look.colour, line_width=1.8)
            line.glyph.line_dash = list(look.dashes)
            drawn.append(line)
        for renderer in drawn:
            renderer.tags = [index]
        pointed[0].append(drawn[1])
        pointed[1].append(drawn[2])
    plot.add_tools(
        told("@arm, seed @seed: @says", pointed[0]),
        told("@arm, mean: @says, @counted", pointed[1]),
    )


def source(points: list[Point], columns: list[str]) -> ColumnDataSource:
    """The points' columns as lists of plain values, which every browser reads."""
    return ColumnDataSource({name: [point[name] for point in points] for name in columns})


def told(line: str, renderers: list[Any]) -> HoverTool:
    """What is told beside the pointer of each mark below it, as long as they are few."""
    return HoverTool(tooltips=[("", line)], renderers=renderers, limit=MOST_TOLD, visible=False)
