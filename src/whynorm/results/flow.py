"""The picture of what flows through the layers: a panel for each measure, a line for each stack."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from whynorm.results.cubes import INK


class Look(NamedTuple):
    """How a line is drawn."""

    color: str
    marker: str
    linestyle: str


# Two of Okabe and Ito's colours, which the colour-blind can tell apart, and which read on white
# and on black paper; marker and dash tell them apart without colour.
LOOKS = (Look("#d55e00", "o", "-"), Look("#0072b2", "s", "--"))

# From this ratio of the largest to the smallest value on, an axis is logarithmic.
WIDE = 20.0


@dataclass(frozen=True)
class Panel:
    """One measure: its name, and for each stack its values from the first layer to the last."""

    title: str
    lines: dict[str, list[float]]


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Draw the panels in a row and write them beside each other as .svg and .png."""
    figure = Figure(figsize=(3.1 * len(panels), 3.2), facecolor="none", layout="constrained")
    FigureCanvasAgg(figure)
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), index + 1)
        curves(axes, panel)
        dress(axes, panel)
    handles, names = figure.axes[0].get_legend_handles_labels()
    legend = figure.legend(handles, names, loc="outside lower center", ncols=2, handlelength=3)
    legend.set(frame_on=False)
    for text in legend.get_texts():
        text.set_color(INK)
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "whynorm"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=150)


def curves(axes: Axes, panel: Panel) -> None:
    """The lines of one panel over the layers, which count from 1."""
    for look, (name, values) in zip(LOOKS, panel.lines.items(), strict=False):
        layers = range(1, len(values) + 1)
        line = axes.plot(layers, values, label=name, linewidth=1.8, markersize=6)[0]
        line.set(color=look.color, marker=look.marker, linestyle=look.linestyle)


def dress(axes: Axes, panel: Panel) -> None:
    """Title, scale and ink of one panel."""
    axes.set_title(panel.title, fontsize=11.5, color=INK)
    axes.set_xlabel("layer", color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_facecolor("none")
    if wide(panel):
        axes.set_yscale("log")
        axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(1.5, 0.5)))
    else:
        # Rounding about a constant is not to look like a mountain range.
        axes.set_ylim(0.0, 1.08 * max(numbers(panel), default=1.0) or 1.0)
    axes.tick_params(which="both", colors=INK, labelsize=9)
    axes.grid(color=INK, alpha=0.25, linewidth=0.6)
    for edge, spine in axes.spines.items():
        spine.set_color(INK)
        spine.set_visible(edge in ("left", "bottom"))


def wide(panel: Panel) -> bool:
    """True where the values are positive and span so much that only a logarithm shows them all."""
    values = numbers(panel)
    return bool(values) and min(values) > 0 and max(values) / min(values) > WIDE


def numbers(panel: Panel) -> list[float]:
    """The values of all lines that are numbers."""
    return [value for value in chain(*panel.lines.values()) if math.isfinite(value)]
