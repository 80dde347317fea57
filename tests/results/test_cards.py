"""Tables of cards in Markdown and as files: what stands out, and what is lost on the way."""

from pathlib import Path

import pytest

from whynorm.results.cards import (
    COLUMNS,
    INFLUENCES,
    LEGEND,
    QUESTIONS,
    card_page,
    disagreement,
    formula,
    page,
    read,
    write,
)

QUIET = {
    **dict.fromkeys(INFLUENCES, "no"),
    "by gradient": "agrees",
    **dict.fromkeys(["same evaluating", "one token", "one sentence", "nothing real"], "yes"),
    "cache": "yes",
    **dict.fromkeys(["bf16", "bf16 large", "fp16", "fp16 large"], "0.003"),
    "keeps": "nothing",
    "learns": "weight, bias",
    "parameters": "2d",
    "cost": "1.0",
}
ROW = {"norm": "norm=layer", **QUIET, "torch": "9.9", "measured on": "CPU, one thread"}


def bold(row: dict[str, str]) -> list[str]:
    """What stands in bold in the row of a page."""
    [line] = [line for line in page([row]).splitlines() if line.startswith("| `norm=")]
    return [cell for cell in line.strip("| ").split(" | ") if cell.startswith("**")]


def test_nothing_is_bold_in_the_row_of_a_norm_that_sees_its_token_alone() -> None:
    assert bold(ROW) == []


@pytest.mark.parametrize(
    ("column", "answer"),
    [
        *((name, "yes") for name in INFLUENCES),
        ("by gradient", "training others by gradient only"),
        ("same evaluating", "no"),
        ("same evaluating", "drifts"),
        ("one token", "erased"),
        ("one sentence", "not finite"),
        ("nothing real", "not finite"),
        ("cache", "no"),
        ("fp16 large", "not finite"),
    ],
)
def test_an_answer_that_should_not_be_missed_is_bold(column: str, answer: str) -> None:
    assert bold({**ROW, column: answer}) == [f"**{answer}**"]


def test_the_page_has_a_row_for_each_norm_and_a_cell_for_each_column() -> None:
    lines = page([ROW, {**ROW, "norm": "norm=rms"}]).splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert [line.count(" | ") for line in rows] == [len(COLUMNS) - 1] * 4
    assert [line.split(" | ")[0] for line in rows[2:]] == ["| `norm=layer`", "| `norm=rms`"]


def test_every_column_is_explained_on_the_page() -> None:
    explained = {word for names in LEGEND for word in names.replace(",", "").split()}
    for name in QUESTIONS:
        assert name in " ".join(LEGEND) or set(name.split()) & explained


def test_the_page_says_with_which_torch_and_where_it_was_measured() -> None:
    assert "torch 9.9, CPU, one thread" in page([ROW])


def test_a_card_has_its_title_and_a_row_for_each_question() -> None:
    text = card_page("batch", [{"question": "Does it?", "answer": "yes"}])
    assert text == "# batch\n\n| question | answer |\n| --- | --- |\n| Does it? | yes |\n"


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [(16, 32, "2d"), (8, 16, "d"), (1, 1, "1"), (0, 0, "0"), (17, 33, "2d + 1"), (24, 48, "3d")],
)
def test_a_count_at_two_widths_is_a_formula_in_the_width(one: int, two: int, words: str) -> None:
    assert formula(one, two, 8) == words


def test_two_ways_that_find_the_same_agree() -> None:
    seen = [(True, False, True), (False, False, False)]
    assert disagreement({"editing": seen, "gradient": seen}) == "agrees"


def test_what_one_way_alone_finds_is_named() -> None:
    nothing = (False, False, False)
    words = disagreement(
        {"editing": [(True, False, False), nothing], "gradient": [nothing, (False, True, False)]}
    )
    assert words == "training future by editing only; evaluating padding by gradient only"


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    rows = [{"norm": "norm=batch norm.eps=1", "keeps": "a, b"}, {"norm": "x", "keeps": ""}]
    write(rows, tmp_path / "table.csv")
    assert read(tmp_path / "table.csv") == rows
