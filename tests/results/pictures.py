"""What the tests of pictures read off them."""

import html
import re
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.lines import Line2D


def words(path: Path) -> set[str]:
    """The texts of an SVG."""
    return {html.unescape(text) for text in re.findall(r">([^<>]+)</text>", path.read_text())}


def xs(line: Line2D) -> list[float]:
    """Where a line's points lie along the horizontal axis."""
    return numpy.asarray(line.get_xdata(), dtype=float).tolist()


def ys(line: Line2D) -> list[float]:
    """Where a line's points lie along the vertical axis."""
    return numpy.asarray(line.get_ydata(), dtype=float).tolist()


def points(axes: Axes) -> list[list[float]]:
    """The dots and crosses of a panel."""
    scattered = [drawn for drawn in axes.collections if isinstance(drawn, PathCollection)]
    return [point for drawn in scattered for point in numpy.asarray(drawn.get_offsets()).tolist()]


def transparent(path: Path) -> bool:
    """Whether the paper shows through at the corner."""
    return bool(matplotlib.image.imread(path)[0, 0, 3] == 0)


def grey_or_coloured(path: Path) -> bool:
    """Whether nothing that is drawn is near to black or to white."""
    picture = matplotlib.image.imread(path)
    ink = picture[picture[..., 3] == 1][:, :3]
    return bool(ink.max(1).min() > 0.3 and ink.min(1).max() < 0.75)


INKS: list[Callable[[Path], bool]] = [transparent, grey_or_coloured]
