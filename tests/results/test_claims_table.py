import re
from pathlib import Path

from tests.results.answers import entries
from whynorm.results.claims_table import table

FIGURE = Path("rain/figure.svg")


def rows(language: str = "en") -> list[list[str]]:
    """The cells of the table."""
    lines = table(entries(FIGURE), language).splitlines()
    return [re.split(r" (?<!\\)\| ", line[2:-2]) for line in lines]


def test_every_claim_has_a_row() -> None:
    assert [row[0] for row in rows()[2:]] == ["1", "2", "3", "4", "5"]


def test_a_bar_in_a_sentence_ends_no_cell() -> None:
    assert {len(row) for row in rows()} == {5}


def test_an_answer_links_to_its_experiments() -> None:
    links = "([rain](experiments/rain/README.md), [snow](experiments/snow/README.md))"
    assert rows()[2][4] == f"batch norm \\| needs: −1.00 {links}"


def test_an_open_claim_is_not_yet_measured_and_links_to_its_predictions() -> None:
    *_, verdict, told = rows()[-1]
    assert (verdict, told.startswith("[rain](")) == ("not yet measured", True)


def test_the_table_is_written_in_korean_too() -> None:
    assert rows("ko")[0] == ["", "흔한 설명", "측정하는 것", "판정", "답"]
