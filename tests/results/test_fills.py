"""The figure and the Markdown of the table of fills show what its rows say."""

import csv
import itertools
import re
from pathlib import Path

import pytest

from whynorm.results.fills import LOOK, draw, markdown

COMMITTED = Path("experiments/fills")
ROWS = [
    {"fill": "one", "dtype": "half", "row": "sees a", "severity": "exact", "verdict": "zeros"},
    {"fill": "one", "dtype": "half", "row": "sees b", "severity": "leaks", "verdict": "all of it"},
    {"fill": "two", "dtype": "half", "row": "sees a", "severity": "breaks", "verdict": "NaN"},
    {"fill": "two", "dtype": "half", "row": "sees b", "severity": "leaks", "verdict": "a share"},
]


def committed() -> list[dict[str, str | int | float | bool]]:
    with (COMMITTED / "results.csv").open(newline="", encoding="utf-8") as file:
        return [dict(row) for row in csv.DictReader(file)]


def words(path: Path) -> list[str]:
    return re.findall(r">([^<>\s][^<>]*)</text>", path.read_text(encoding="utf-8"))


def fills(path: Path) -> list[str]:
    return re.findall(r"fill: (#\w+)", path.read_text(encoding="utf-8"))


def test_each_cell_says_how_grave_it_is_and_why(tmp_path: Path) -> None:
    draw(ROWS, tmp_path / "fills")
    found = words(tmp_path / "fills.svg")
    pairs = [(row["severity"], row["verdict"]) for row in ROWS]
    assert [pair for pair in itertools.pairwise(found) if pair in pairs] == pairs


@pytest.mark.parametrize("severity", ["exact", "leaks", "breaks", "harmless"])
def test_a_cell_has_the_colour_of_its_severity(severity: str, tmp_path: Path) -> None:
    draw(ROWS, tmp_path / "fills")
    count = sum(row["severity"] == severity for row in ROWS)
    assert fills(tmp_path / "fills.svg").count(LOOK[severity][0]) >= count
    assert (LOOK[severity][0] in fills(tmp_path / "fills.svg")) == (count > 0)


def test_no_two_severities_have_the_same_hatch() -> None:
    assert len({hatch for _, hatch in LOOK.values()}) == len(LOOK)


def test_a_severity_that_has_no_look_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="unheard of"):
        draw([{**ROWS[0], "severity": "unheard of"}], tmp_path / "fills")


def test_the_markdown_has_a_line_for_each_fill_and_a_cell_for_each_row() -> None:
    assert markdown(ROWS).splitlines() == [
        "| fill | half, sees a | half, sees b |",
        "| --- | --- | --- |",
        "| `one` | **exact**: zeros | **leaks**: all of it |",
        "| `two` | **breaks**: NaN | **leaks**: a share |",
    ]


def test_the_committed_figure_shows_the_committed_table(tmp_path: Path) -> None:
    draw(committed(), tmp_path / "figure")
    for painted in (words, fills):
        assert painted(tmp_path / "figure.svg") == painted(COMMITTED / "figure.svg")


def test_the_experiments_page_shows_the_committed_table() -> None:
    assert markdown(committed()) in (COMMITTED / "README.md").read_text(encoding="utf-8")
