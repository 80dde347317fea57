"""The picture of a batch as floors of tiles: which numbers share one location and scale."""

from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

# One ink that reads on white and on black paper, and two of Okabe and Ito's colours, which the
# colour-blind can tell apart.
INK = "#7b828c"
SHARED = "#e69f00"
MARKED = "#d55e00"

# How far one step along an axis moves on paper: time to the right, feature into the picture,
# batch down to the next floor.
TIME = numpy.array([1.0, 0.0])
FEATURE = numpy.array([0.52, 0.44])
BATCH = numpy.array([0.0, -2.9])

LEGEND = "red: one number    orange: the numbers it shares mean and scale with    dashed: padding"


@dataclass(frozen=True)
class Cube:
    """One panel: which numbers of a batch share location and scale with the marked one."""

    title: str
    caption: str
    shared: numpy.ndarray  # bool (batch, time, feature)
    real: numpy.ndarray  # bool (batch, time)
    marked: tuple[int, int, int]


def draw(cubes: list[Cube], path: Path, *, columns: int = 3) -> None:
    """Draw the panels side by side and write them beside each other as .svg and .png."""
    rows = -(-len(cubes) // columns)
    figure = Figure(figsize=(4.0 * columns, 4.1 * rows), facecolor="none")
    FigureCanvasAgg(figure)
    figure.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.06, wspace=0.04, hspace=0.02)
    figure.text(0.5, 0.025, LEGEND, ha="center", fontsize=13, color=INK, style="italic")
    for index, cube in enumerate(cubes):
        panel(figure.add_subplot(rows, columns, index + 1), cube, axes_named=index == 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "whynorm"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=150)


def panel(axes: Axes, cube: Cube, *, axes_named: bool) -> None:
    """One cube with its title above and what it averages over below."""
    for cell in numpy.ndindex(cube.shared.shape):
        axes.add_patch(tile(cube, cell))
    floors, width, depth = cube.shared.shape
    right = (width * TIME + depth * FEATURE)[0]
    bottom = (floors - 1) * BATCH[1]
    text = {"ha": "center", "color": INK}
    axes.text(right / 2, 3.15, cube.title, text, fontsize=17, weight="bold")
    axes.text(right / 2, bottom - 0.7, cube.caption, text, fontsize=12.5, va="top")
    if axes_named:
        name_axes(axes, width, depth)
    axes.set_xlim(-1.1, right + 0.6)
    axes.set_ylim(bottom - 2.3, 4.1)
    axes.set_aspect("equal")
    axes.axis("off")


def tile(cube: Cube, cell: tuple[int, ...]) -> Polygon:
    """One number, as a tile lying on its sentence's floor; padding is hollow and dashed."""
    batch, time, feature = cell
    corner = batch * BATCH + time * TIME + feature * FEATURE
    corners = [corner, corner + TIME, corner + TIME + FEATURE, corner + FEATURE]
    real = bool(cube.real[batch, time])
    return Polygon(
        corners,
        closed=True,
        facecolor=colour(cube, cell),
        edgecolor=INK,
        linewidth=1.0 if real else 0.8,
        linestyle="-" if real else (0, (2, 2)),
        hatch=None if real or not cube.shared[cell] else "///",
    )


def colour(cube: Cube, cell: tuple[int, ...]) -> str:
    """The marked number, those that share its location, other real ones, padding."""
    if cell == cube.marked:
        return MARKED
    if cube.shared[cell]:
        return SHARED
    return f"{INK}38" if cube.real[cell[:2]] else "none"


def name_axes(axes: Axes, width: int, depth: int) -> None:
    """Say once which way time, feature and batch run."""
    text = {"fontsize": 11.5, "color": INK, "style": "italic"}
    axes.text(0.05, -0.42, "time →", text)
    side = width * TIME + depth / 2 * FEATURE
    axes.text(side[0] + 0.1, side[1] - 0.55, "feature ↗", text, ha="left")
    axes.text(-0.75, BATCH[1] / 2, "← batch", text, rotation=90, va="center", ha="center")
