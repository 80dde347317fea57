"""Pictures of a batch in tiles: which of its numbers, or of its tokens, move the marked one."""

import textwrap
from collections.abc import Sequence
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
# batch down to the next floor. More features than `DEEP` share the depth of so many.
TIME = numpy.array([1.0, 0.0])
FEATURE = numpy.array([0.52, 0.44])
DEEP = 5
GAP = 1.14

LEGEND = "red: one number    orange: the numbers that move it    dashed: padding"
TOKEN_LEGEND = (
    "red: where the scores are read    orange: the tokens that move them    dashed: padding"
)


@dataclass(frozen=True)
class Cube:
    """One panel: which numbers of a batch move the marked one, and the names of norms like it."""

    title: str
    caption: str
    shared: numpy.ndarray  # bool (batch, time, feature)
    real: numpy.ndarray  # bool (batch, time)
    marked: tuple[int, int, int]
    names: Sequence[str] = ()

    @property
    def depth(self) -> numpy.ndarray:
        """How far all features together reach into the picture."""
        return FEATURE * min(self.shared.shape[-1], DEEP)

    @property
    def floor(self) -> numpy.ndarray:
        """How far down the next sentence lies."""
        return numpy.array([0.0, -GAP - self.depth[1]])


@dataclass(frozen=True)
class TokenGrid:
    """One panel: which tokens of a batch move the scores at the marked position, if it is here."""

    title: str
    words: Sequence[Sequence[str]]
    moved: numpy.ndarray  # bool (sentence, time)
    real: numpy.ndarray  # bool (sentence, time)
    marked: tuple[int, int] | None


def draw(
    cubes: list[Cube],
    path: Path,
    *,
    columns: int = 3,
    size: tuple[float, float] = (4.0, 4.1),
    letters: float = 1.0,
    room: tuple[float, float] = (2.34, 2.3),
) -> None:
    """Draw the panels in rows and write them beside each other as .svg and .png.

    `size` is that of a panel in inches, `letters` the size of what is written around a cube,
    `room` what is left for it above and below, in tiles.
    """
    rows = -(-len(cubes) // columns)
    figure = blank(size[0] * columns, size[1] * rows)
    foot = 0.492 / (rows * size[1])
    figure.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=foot, wspace=0.04, hspace=0.02)
    figure.text(0.5, foot / 2.4, LEGEND, ha="center", fontsize=13, color=INK, style="italic")
    for index, cube in enumerate(cubes):
        axes = figure.add_subplot(rows, columns, index + 1)
        label(axes, cube, letters, characters=int(7 * size[0] / letters))
        panel(axes, cube, room)
        if index == 0:
            name_axes(axes, cube, 11.5 * letters)
    save(figure, path)


def blank(width: float, height: float) -> Figure:
    """A figure of so many inches without a background."""
    figure = Figure(figsize=(width, height), facecolor="none")
    FigureCanvasAgg(figure)
    return figure


def save(figure: Figure, path: Path) -> None:
    """Write the figure as .svg, the same for the same picture, and as .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "whynorm"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=150)


def label(axes: Axes, cube: Cube, letters: float, characters: int) -> None:
    """Write the title above the cube, and what moves its number and all names below."""
    middle = (cube.shared.shape[1] * TIME + cube.depth)[0] / 2
    top, bottom = cube.depth[1] + 1.39, (len(cube.shared) - 1) * cube.floor[1] - 0.7
    text = {"ha": "center", "color": INK}
    names = textwrap.fill(", ".join(cube.names), int(1.27 * characters), break_on_hyphens=False)
    title = textwrap.fill(cube.title, characters)
    axes.text(middle, top, title, text, fontsize=17 * letters, weight="bold")
    axes.text(middle, bottom, cube.caption, text, fontsize=12.5 * letters, va="top")
    axes.text(middle, bottom - 1.3, names, text, fontsize=12.5 * letters, va="top", weight="bold")


def panel(axes: Axes, cube: Cube, room: tuple[float, float]) -> None:
    """The tiles of one cube, between so much room above and below."""
    for cell in numpy.ndindex(cube.shared.shape):
        axes.add_patch(tile(cube, cell))
    right, top = cube.shared.shape[1] * TIME + cube.depth
    bottom = (len(cube.shared) - 1) * cube.floor[1]
    axes.set(xlim=(-1.1, right + 0.6), ylim=(bottom - room[1], top + room[0]), aspect="equal")
    axes.axis("off")


def tile(cube: Cube, cell: tuple[int, ...]) -> Polygon:
    """One number, as a tile lying on its sentence's floor; padding is hollow and dashed."""
    batch, time, feature = cell
    deep = cube.depth / cube.shared.shape[-1]
    corner = batch * cube.floor + time * TIME + feature * deep
    corners = [corner, corner + TIME, corner + TIME + deep, corner + deep]
    real = bool(cube.real[batch, time])
    fill = colour(cell == cube.marked, bool(cube.shared[cell]), real)
    return painted(corners, fill, real=real, moved=bool(cube.shared[cell]))


def painted(corners: list[numpy.ndarray], fill: str, *, real: bool, moved: bool) -> Polygon:
    """A tile; padding is dashed, and hatched where it matters."""
    return Polygon(
        corners,
        closed=True,
        facecolor=fill,
        edgecolor=INK,
        linewidth=1.0 if real else 0.8,
        linestyle="-" if real else (0, (2, 2)),
        hatch=None if real or not moved else "///",
    )


def colour(marked: bool, moved: bool, real: bool) -> str:
    """The marked one's, that of those which move it, that of other real ones, none for padding."""
    if marked or moved:
        return MARKED if marked else SHARED
    return f"{INK}38" if real else "none"


def name_axes(axes: Axes, cube: Cube, size: float) -> None:
    """Say once which way time, feature and batch run."""
    text = {"fontsize": size, "color": INK, "style": "italic"}
    axes.text(0.05, -0.42, "time →", text)
    side = cube.shared.shape[1] * TIME + cube.depth / 2
    axes.text(side[0] + 0.1, side[1] - 0.55, "feature ↗", text, ha="left")
    axes.text(-0.75, cube.floor[1] / 2, "← batch", text, rotation=90, va="center", ha="center")


def draw_tokens(grids: list[TokenGrid], path: Path) -> None:
    """Draw the grids two in a row, each token in a tile, as .svg and .png."""
    longest = max(grid.real.shape[1] for grid in grids)
    deep, rows = len(grids[0].real), -(-len(grids) // 2)
    figure = blank(16.0, 0.8 + (0.7 + 0.55 * deep) * rows)
    figure.text(0.5, 0.02, TOKEN_LEGEND, ha="center", fontsize=13, color=INK, style="italic")
    figure.subplots_adjust(left=0.01, right=0.99, top=0.93, bottom=0.08, wspace=0.03, hspace=0.3)
    for index, grid in enumerate(grids):
        axes = figure.add_subplot(rows, 2, index + 1)
        axes.set_title(grid.title, fontsize=15, color=INK, weight="bold", loc="left")
        for cell in numpy.ndindex(grid.real.shape):
            token(axes, grid, cell, width=550 / longest)
        axes.set(xlim=(-0.1, longest + 0.1), ylim=(deep + 0.1, -0.1))
        axes.axis("off")
    save(figure, path)


def token(axes: Axes, grid: TokenGrid, cell: tuple[int, ...], *, width: float) -> None:
    """One token in its tile, which is so many points wide."""
    sentence, time = cell
    moved, real = bool(grid.moved[cell]), bool(grid.real[cell])
    x, y = numpy.array([1.0, 0.0]), numpy.array([0.0, 0.9])
    corner = numpy.array([time, sentence], dtype=float)
    corners = [corner, corner + x, corner + x + y, corner + y]
    fill = colour(cell == grid.marked, moved, real)
    axes.add_patch(painted(corners, fill, real=real, moved=moved))
    if real:
        word = grid.words[sentence][time]
        size = min(11.0, width / 0.7 / max(len(word), 1))
        text = {"ha": "center", "va": "center", "color": "#000000" if moved else INK}
        axes.text(time + 0.5, sentence + 0.45, word, text, fontsize=size, parse_math=False)
