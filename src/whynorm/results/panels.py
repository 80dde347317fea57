"""What the pictures of a sweep share: panels in rows, the looks of arms, ink, legend and notes."""

import textwrap
from collections.abc import Iterable, Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Text

from whynorm.results.cubes import INK, blank
from whynorm.results.palette import Look

MARKERS = {
    "circle": "o",
    "square": "s",
    "triangle": "^",
    "diamond": "D",
    "inverted_triangle": "v",
}
COLUMNS = 4


def grid(panels: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels of so many inches in rows, which share the vertical axis."""
    across = 3 if panels > COLUMNS and panels % 3 == 0 else min(panels, COLUMNS)
    down = -(-panels // across)
    figure = blank(width * across, height * down)
    figure.set_layout_engine("constrained")
    axes: list[Axes] = []
    for index in range(panels):
        axes.append(figure.add_subplot(down, across, index + 1, sharey=axes[0] if axes else None))
    return figure, axes


def paint(line: Line2D, look: Look) -> None:
    """The line in an arm's colour, marker and dashes."""
    dashes = (0, tuple(dash / 1.6 for dash in look.dashes)) if look.dashes else "-"
    line.set(color=look.colour, marker=MARKERS[look.marker], linestyle=dashes)
    line.set(linewidth=1.6, markersize=5.5)


def dress(axes: Axes, title: str, characters: int = 44) -> None:
    """Title, broken where it does not fit, and ink of one panel."""
    literal(axes.set_title(textwrap.fill(title, characters), fontsize=11.5, color=INK))
    axes.set_facecolor("none")
    axes.tick_params(which="both", colors=INK, labelsize=10)
    axes.grid(color=INK, alpha=0.25, linewidth=0.6)
    for edge, spine in axes.spines.items():
        spine.set_color(INK)
        spine.set_visible(edge in ("left", "bottom"))


def foot(figure: Figure, shown: Mapping[str, Look], texts: Iterable[str] = ()) -> None:
    """Below the panels the arms as they are drawn, and below these some sentences.

    Room for both is set aside by hand: the layout keeps none for two things at one edge.
    """
    wide = figure.get_figwidth()
    wrapped = [line for text in texts for line in textwrap.wrap(text, letters(text, wide))]
    fits = max(1, int(12.5 * figure.get_figwidth() / (8 + max(map(len, shown), default=0))))
    below = 0.2 * len(wrapped)
    room = below + 0.26 * -(-len(shown) // fits)
    height = figure.get_figheight() + room
    figure.set_figheight(height)
    figure.set_layout_engine("constrained", rect=(0.0, room / height, 1.0, 1.0 - room / height))
    text = {"ha": "center", "va": "bottom", "fontsize": 9.5, "color": INK, "parse_math": False}
    figure.text(0.5, 0.06 / height, "\n".join(wrapped), text)
    if shown:
        legend(figure, shown, columns=min(len(shown), fits), bottom=below / height)


def letters(text: str, wide: float) -> int:
    """How many letters of a note go into so many inches; those of Hangul are broad."""
    return int((8.5 if any("가" <= letter <= "힣" for letter in text) else 12.5) * wide)


def legend(figure: Figure, shown: Mapping[str, Look], *, columns: int, bottom: float) -> None:
    """The arms as they are drawn, from this height of the figure on."""
    found = figure.legend(
        [_key(look) for look in shown.values()],
        list(shown),
        loc="lower center",
        bbox_to_anchor=(0.5, bottom),
        borderpad=0.1,
        ncols=columns,
        handlelength=3,
        frameon=False,
        fontsize=11,
    )
    found.set_in_layout(False)
    for text in found.get_texts():
        literal(text).set_color(INK)


def literal(text: Text) -> Text:
    """The text, whose dollar signs are no mathematics."""
    text.set_parse_math(False)
    return text


def _key(look: Look) -> Line2D:
    line = Line2D([], [])
    paint(line, look)
    return line
