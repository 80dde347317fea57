import csv
import json
from pathlib import Path
from typing import Any

import pytest

from whynorm.benchmarks.contest import Outcome, Row
from whynorm.benchmarks.record import Cell, Finding, lines, markdown, marked, note, record

FACTS: dict[str, Any] = {
    "date": "2026-01-02",
    "cpu": "a processor",
    "cores": 2,
    "threads": 1,
    "load_before": 0.1,
    "load_after": 0.9,
    "versions": {"torch": "2.0"},
    "commit": "0123456789abcdef",
    "uncommitted_changes": False,
    "command": "python run.py task=bench",
}
TABLE: list[dict[str, Cell]] = [{"who": "ours", "rate": 1234.5, "ratio": 1.5}]
OUTCOME = Outcome([Row("ours", 1, 6.0, 2.0, 3.0, 9)], {"gone": "it is not there"}, {})


def finding(name: str = "room/size", table: list[dict[str, Cell]] = TABLE) -> Finding:
    rows = lines(OUTCOME, unit="tokens", units={})
    return Finding(name, rows, table, "A note.", {}, ("torch",))


def test_every_round_is_a_line_and_so_is_everyone_absent(tmp_path: Path) -> None:
    record(finding(), FACTS, tmp_path)
    with (tmp_path / "room" / "size.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [(row["contender"], row["rate"], row["absent"]) for row in rows] == [
        ("ours", "3.0", ""),
        ("gone", "", "it is not there"),
    ]


def test_the_circumstances_stand_beside_the_rounds(tmp_path: Path) -> None:
    record(finding(), FACTS, tmp_path)
    assert json.loads((tmp_path / "room" / "size.json").read_text()) == FACTS


def test_the_page_tells_when_where_and_how(tmp_path: Path) -> None:
    record(finding(), FACTS, tmp_path)
    page = (tmp_path / "README.md").read_text()
    told = ("2026-01-02", "a processor", "torch 2.0", "commit 012345678", "load 0.1 before")
    assert [one for one in told if one not in page] == []


def test_a_result_is_written_between_its_marks_and_leaves_the_rest(tmp_path: Path) -> None:
    record(finding("room/other"), FACTS, tmp_path)
    record(finding(), FACTS, tmp_path)
    before = (tmp_path / "README.md").read_text()
    record(finding(table=[{"who": "new", "rate": 1.0, "ratio": 1.0}]), FACTS, tmp_path)
    after = (tmp_path / "README.md").read_text()
    assert after == "| new | 1 | 1 |".join(before.rsplit("| ours | 1,234 | 1.5 |", 1))


def test_a_picture_is_drawn_beside_the_table_and_shown(tmp_path: Path) -> None:
    drawn: list[Path] = []
    record(finding()._replace(draw=drawn.append), FACTS, tmp_path)
    assert drawn == [tmp_path / "room" / "size"]
    assert "](room/size.svg)" in (tmp_path / "README.md").read_text()


def test_marks_that_are_missing_are_added_at_the_end() -> None:
    assert marked("Text.\n", "a", "new") == "Text.\n\n<!-- a -->\nnew\n<!-- /a -->\n"


def test_a_column_that_is_empty_everywhere_is_left_out() -> None:
    assert markdown([{"a": 1, "b": None}, {"a": 2, "b": ""}]).splitlines()[0] == "| a |"


def test_who_is_absent_for_one_reason_is_told_together() -> None:
    absent = {"a": "no room", "b": "no room"}
    assert note("Said.", Outcome([], absent, {})) == "Said. Absent: a; b: no room."


@pytest.mark.parametrize(("value", "text"), [(0.12345, "0.123"), (1234.5, "1,234"), (7, "7")])
def test_numbers_have_as_many_digits_as_count(value: float, text: str) -> None:
    assert markdown([{"a": value}]).endswith(f"| {text} |")
