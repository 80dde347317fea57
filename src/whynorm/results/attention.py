"""Pictures of what words attended to: one map, or those of all layers and heads."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, PowerNorm
from matplotlib.figure import Figure

INCHES_PER_WORD = 0.32
MARGIN = 1.6

# Ink that reads on white and on black paper; weights from near white to the blue of Okabe and
# Ito; their vermilion where a weight is no number.
INK = "#7b828c"
BLUES = ["#f4f6f8", "#56b4e9", "#0072b2", "#00263d"]
COLOURS = LinearSegmentedColormap.from_list("weight", BLUES).with_extremes(bad="#d55e00")
# Small weights matter: 16 keys at 1/16 each should not look like nothing.
SCALE = PowerNorm(0.5, vmin=0.0, vmax=1.0)
INCHES_PER_CELL = 0.19
INCHES_PER_LETTER = 0.08
GAP = 0.12  # inches between maps
LEGEND = "weight of a key (column) for a query (row)"


@dataclass(frozen=True)
class Grid:
    """The maps of one site over one sentence: weights[layer][head][query][key], and the words."""

    weights: Sequence[Sequence[Sequence[Sequence[float]]]]
    queries: Sequence[str]
    keys: Sequence[str]


def draw(
    weights: Sequence[Sequence[float]], source: Sequence[str], target: Sequence[str], path: Path
) -> None:
    """Write the picture; a row for each target token, a column for each source token.

    Weights lie between 0 (white) and 1 (black). The path's ending chooses the format. Raises
    ValueError where the ending is none that matplotlib writes.
    """
    size = (MARGIN + INCHES_PER_WORD * len(source), MARGIN + INCHES_PER_WORD * len(target))
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.imshow(weights, cmap="Greys", vmin=0.0, vmax=1.0, aspect="equal")
    axes.set_xticks(range(len(source)), source, rotation=90)
    axes.set_yticks(range(len(target)), target)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    figure.savefig(path, dpi=150)


def require_format(path: Path) -> None:
    """Refuse an ending that matplotlib cannot write."""
    valid = sorted(FigureCanvasAgg(Figure()).get_supported_filetypes())
    if path.suffix.removeprefix(".") not in valid:
        raise ValueError(f"attention={path}: choose an ending among {', '.join(valid)}")


def draw_grid(grid: Grid, path: Path) -> None:
    """Write the maps as .svg and .png: layers down, heads across, words at the outer edges.

    A weight that is NaN is vermilion.
    """
    figure, axes = frames(grid)
    for layer, across in enumerate(axes):
        for head, one in enumerate(across):
            one.imshow(grid.weights[layer][head], cmap=COLOURS, norm=SCALE, aspect="equal")
            trim(one)
            if layer == 0:
                one.set_title(f"head {head + 1}", color=INK, fontsize=12, weight="bold")
        across[0].set_yticks(range(len(grid.queries)), grid.queries)
        beside = {"xycoords": "axes fraction", "color": INK, "va": "center", "fontsize": 12}
        across[-1].annotate(f"layer {layer + 1}", (1.04, 0.5), weight="bold", **beside)
    for one in axes[-1]:
        one.set_xticks(range(len(grid.keys)), grid.keys, rotation=90)
    bar = figure.add_axes((1 - 0.7 / figure.get_figwidth(), 0.3, 0.14 / figure.get_figwidth(), 0.5))
    figure.colorbar(ScalarMappable(SCALE, COLOURS), bar).set_label(LEGEND, color=INK)
    trim(bar)
    save(figure, path)


def frames(grid: Grid) -> tuple[Figure, numpy.ndarray]:
    """The figure, and an empty frame for each layer and head; cells have one size everywhere."""
    layers, heads = len(grid.weights), len(grid.weights[0])
    wide, high = (max(8, len(words)) * INCHES_PER_CELL for words in (grid.keys, grid.queries))
    left, below = (
        0.2 + INCHES_PER_LETTER * max(map(len, words), default=0)
        for words in (grid.queries, grid.keys)
    )
    width = left + heads * (wide + GAP) + 1.6
    height = below + layers * (high + GAP) + 0.3
    figure = Figure(figsize=(width, height), facecolor="none")
    FigureCanvasAgg(figure)
    room = {"left": left / width, "right": 1 - (1.6 + GAP) / width, "wspace": GAP / wide}
    room |= {"bottom": below / height, "top": 1 - (0.3 + GAP) / height, "hspace": GAP / high}
    axes = figure.subplots(layers, heads, sharex=True, sharey=True, squeeze=False, gridspec_kw=room)
    return figure, axes


def trim(axes: Axes) -> None:
    """Frame, ticks and words in the ink that reads on any paper."""
    axes.tick_params(length=0, colors=INK, labelsize=10)
    for spine in axes.spines.values():
        spine.set_color(INK)


def save(figure: Figure, path: Path) -> None:
    """Write the figure as .svg and .png."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "whynorm"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=150)
