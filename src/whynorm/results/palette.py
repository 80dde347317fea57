"""How an arm looks in the page's plots: colour, marker and dashes, so that none stands alone."""

from collections.abc import Sequence
from typing import NamedTuple

# Okabe and Ito's colours without black and yellow, which vanish on one of the two papers, and a
# grey that reads on both.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7b828c")
MARKERS = ("circle", "square", "triangle", "diamond", "inverted_triangle")
DASHES = ((), (7, 3), (2, 2), (8, 3, 2, 3))

# The markers as outlines in a square of 12 for legends.
OUTLINES = {
    "circle": "M6 2.2a3.8 3.8 0 1 0 .01 0z",
    "square": "M2.5 2.5h7v7h-7z",
    "triangle": "M6 1.8l4.4 7.8H1.6z",
    "diamond": "M6 1l4.2 5L6 11 1.8 6z",
    "inverted_triangle": "M6 10.2L1.6 2.4h8.8z",
}


class Look(NamedTuple):
    """The marks of one arm."""

    colour: str
    marker: str
    dashes: tuple[int, ...]

    @property
    def outline(self) -> str:
        """The marker as a path in a square of 12."""
        return OUTLINES[self.marker]

    @property
    def dash_array(self) -> str:
        """The dashes as SVG writes them."""
        return " ".join(map(str, self.dashes)) or "none"


def looks(arms: Sequence[str]) -> dict[str, Look]:
    """The look of each arm; 140 arms look different."""
    return {
        arm: Look(
            COLOURS[index % len(COLOURS)],
            MARKERS[index % len(MARKERS)],
            DASHES[index % len(DASHES)],
        )
        for index, arm in enumerate(arms)
    }
