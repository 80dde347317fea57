"""The figure and the Markdown of the table of tails show what its rows say."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.results.pictures import INKS, words
from whynorm.results.tails import DRAWN, MEASURES, cell, draw, markdown

COMMITTED = Path("experiments/tails")


def row(source: str, norm: str, mean: float, half: float = 0.0) -> dict[str, str | float]:
    """A row in which every measure is the same."""
    numbers = {name: number for m in MEASURES for name, number in ((m, mean), (f"{m} ±", half))}
    return {"distribution": source, "norm": norm, "draws": 2, **numbers}


ROWS = [
    row("light", "one", 1.0),
    row("light", "two", 1.0),
    row("light", "three", 2.0, 0.1),
    row("heavy tails", "one", 0.5),
    row("heavy tails", "two", 0.5),
    row("heavy tails", "three", 4.0),
]


def committed() -> list[dict[str, str | int | float | bool]]:
    with (COMMITTED / "results.csv").open(newline="", encoding="utf-8") as file:
        return [dict(row) for row in csv.DictReader(file)]


def test_norms_that_are_alike_in_every_written_digit_share_a_line() -> None:
    first, _, *body = markdown(ROWS).splitlines()
    assert first == "|  | norm | light | heavy tails |"
    words = MEASURES["range"]
    assert [line for line in body if line.startswith(f"| {words} |")] == [
        f"| {words} | `one`, `two` | 1 | 0.5 |",
        f"| {words} | `three` | 2 ± 0.1 | 4 |",
    ]


def test_where_all_norms_are_alike_the_line_says_so() -> None:
    assert "| all | 1 | 0.5 |" in markdown([row for row in ROWS if row["norm"] != "three"])


@pytest.mark.parametrize(
    ("mean", "half", "said"),
    [
        (0.0596, 0.003, "0.06 ± 0.003"),
        (0.0596, 0.0001, "0.06"),
        (463.2, 2.0, "460"),
        (463.2, 12.0, "460 ± 10"),
        (-1.0, 0.0, "−1"),
        (0.0, 0.0, "0"),
        (float("nan"), 0.0, "–"),
    ],
)
def test_a_cell_says_no_more_than_two_digits(mean: float, half: float, said: str) -> None:
    assert cell(row("light", "one", mean, half), "range") == said


def test_the_figure_names_every_norm_distribution_and_measure_that_it_draws(
    tmp_path: Path,
) -> None:
    draw(ROWS, tmp_path / "figure")
    said = " ".join(words(tmp_path / "figure.svg"))
    wanted = {"one", "two", "three", "light", "heavy", "tails", *" ".join(DRAWN.values()).split()}
    assert [word for word in wanted if word not in said] == []


@pytest.mark.parametrize("fits", INKS)
def test_the_figure_reads_on_white_and_on_black_paper(
    fits: Callable[[Path], bool], tmp_path: Path
) -> None:
    draw(ROWS, tmp_path / "figure")
    assert fits(tmp_path / "figure.png")


def test_the_committed_figure_shows_the_committed_table(tmp_path: Path) -> None:
    draw(committed(), tmp_path / "figure")
    drawn, kept = (path / "figure.svg" for path in (tmp_path, COMMITTED))
    assert drawn.read_text(encoding="utf-8") == kept.read_text(encoding="utf-8")


def test_the_experiments_page_shows_the_committed_table() -> None:
    assert markdown(committed()) in (COMMITTED / "README.md").read_text(encoding="utf-8")
