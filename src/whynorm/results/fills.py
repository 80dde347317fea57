"""The table of fills, judged, as a figure and as Markdown: fill, precision, what a query sees."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

Row = Mapping[str, str | int | float | bool]
Rows = Sequence[Row]
Column = tuple[str, str]

# Ink that reads on white and on black paper around the cells, and one for inside them.
INK = "#7b828c"
CELL_INK = "#111111"

# Of Okabe and Ito's colours, which the colour-blind can tell apart; the hatch says it once more.
LOOK = {
    "exact": ("#009e73", None),
    "harmless": ("#56b4e9", "---"),
    "leaks": ("#e69f00", "////"),
    "breaks": ("#d55e00", "xxxx"),
}
LEGEND = {
    "exact": "weights as they should be, bit for bit",
    "harmless": "the same but for rounding",
    "leaks": "hidden keys move the output",
    "breaks": "NaN, or an error",
}

# Weights this close to another rule's are said to follow that rule.
NEAR = 0.01

WIDTH, HEIGHT = 16.0, 9.0  # inches, as a slide has them
STRIP = 0.055  # of a cell's width, for the hatch
CHARACTERS = 24  # of a line in a cell


def judgement(row: Row) -> tuple[str, str]:
    """How grave a row of measurements is, and in a few words what it is."""
    if row["raises"]:
        return "breaks", "raises an error"
    if row["NaN gradients"] or not math.isfinite(float(row["output error"])):
        return "breaks", breakage(row)
    if row["depends on hidden keys"] == "yes":
        return "leaks", leak(row)
    seen = "hidden keys weigh 0" if row["row sum"] else "zeros"
    match row["as reference"]:
        case "bit for bit":
            return "exact", seen
        case "within precision":
            return "harmless", f"{seen}, seen ones are rounded"
        case _:
            return "breaks", "wrong weights"


def breakage(row: Row) -> str:
    """Where there is NaN."""
    where = "finite" if math.isfinite(float(row["output error"])) else "NaN"
    if not row["NaN gradients"]:
        return where
    names = ", ".join(str(row["NaN gradients"]).split())
    outside = ", in the loss or not" if row["NaN gradients if left out"] else ""
    return f"{where}; poisons gradients of {names}{outside}"


def leak(row: Row) -> str:
    """In which way hidden keys take part."""
    if float(row["from uniform"]) <= NEAR:
        return "uniform over everything" + (", the future included" if row["future weight"] else "")
    if float(row["from unmasked"]) <= NEAR:
        return "the mask has no effect"
    return (
        "hidden keys keep weight" if row["hidden weight"] else "hidden keys take a share of the sum"
    )


def draw(rows: Rows, path: Path) -> None:
    """Write the table as .svg and .png: fills down, precisions and kinds of query across."""
    figure = Figure(figsize=(WIDTH, HEIGHT), facecolor="none")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.125, 0.07, 0.87, 0.83))
    columns, names = headings(rows)
    axes.set(xlim=(0, len(columns)), ylim=(len(names), 0))
    axes.axis("off")
    label(axes, columns, names)
    for row in rows:
        corner = columns.index((str(row["dtype"]), str(row["row"]))), names.index(str(row["fill"]))
        cell(axes, corner, str(row["severity"]), str(row["verdict"]))
    legend(figure)
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "whynorm"}):
        figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        figure.savefig(path.with_suffix(".png"), dpi=120)


def headings(rows: Rows) -> tuple[list[Column], list[str]]:
    """Each column's precision and kind of query, and each row's fill, in the table's order."""
    columns = dict.fromkeys((str(row["dtype"]), str(row["row"])) for row in rows)
    return list(columns), list(dict.fromkeys(str(row["fill"]) for row in rows))


def label(axes: Axes, columns: list[Column], names: list[str]) -> None:
    """Name the columns above and the fills to the left."""
    text = {"color": INK, "ha": "center", "va": "center"}
    for place, (dtype, sees) in enumerate(columns):
        axes.text(place + 0.5, -0.2, f"query {sees}", text, fontsize=12.5, style="italic")
        across = [at for at, (other, _) in enumerate(columns) if other == dtype]
        if place == across[0]:
            middle = (across[0] + across[-1] + 1) / 2
            axes.text(middle, -0.6, dtype, text, fontsize=17, weight="bold")
    for place, name in enumerate(names):
        style = {**text, "ha": "right", "fontsize": 14, "weight": "bold"}
        axes.text(-0.06, place + 0.5, name, style)


def cell(axes: Axes, corner: tuple[int, int], severity: str, verdict: str) -> None:
    """One cell: its colour, a hatched strip, how grave it is, and why."""
    x, y = corner[0] + 0.02, corner[1] + 0.04
    colour, hatch = LOOK[severity]
    axes.add_patch(Rectangle((x, y), 0.96, 0.92, facecolor=colour, linewidth=0))
    strip = Rectangle((x, y), STRIP, 0.92, facecolor=colour, linewidth=0, hatch=hatch)
    strip.set_edgecolor(CELL_INK)
    axes.add_patch(strip)
    text = {"color": CELL_INK, "ha": "left", "va": "center", "fontsize": 11}
    lines = textwrap.wrap(verdict, CHARACTERS)
    left = x + STRIP + 0.03
    for place, line in enumerate([severity, *lines]):
        height = y + 0.46 + (place - len(lines) / 2) * 0.215
        axes.text(left, height, line, text, weight="normal" if place else "bold")


def legend(figure: Figure) -> None:
    """Say below the table what the four words mean."""
    words = "      ".join(f"{severity}: {meaning}" for severity, meaning in LEGEND.items())
    figure.text(0.5, 0.03, words, ha="center", fontsize=12.5, color=INK, style="italic")


def markdown(rows: Rows) -> str:
    """The table as Markdown, as the experiment's page shows it."""
    columns, names = headings(rows)
    lines = [["fill", *(f"{dtype}, {sees}" for dtype, sees in columns)]]
    lines.append(["---"] * len(lines[0]))
    said = {(row["fill"], row["dtype"], row["row"]): row for row in rows}
    for name in names:
        cells = [said[name, *column] for column in columns]
        words = [f"**{one['severity']}**: {one['verdict']}" for one in cells]
        lines.append([f"`{name}`", *words])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
