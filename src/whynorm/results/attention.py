"""A picture of what each word of a translation attended to."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INCHES_PER_WORD = 0.32
MARGIN = 1.6


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
