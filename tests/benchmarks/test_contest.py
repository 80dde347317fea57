from functools import partial
from pathlib import Path

import pytest

from tests.benchmarks.fakes import BLOCK, Hungry, Missing, Steady, Tiring
from whynorm.benchmarks.contest import Outcome, Row, contest
from whynorm.benchmarks.summary import standings

pytestmark = pytest.mark.long

THREADS = 1


@pytest.fixture(scope="module")
def diary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contest") / "diary"


@pytest.fixture(scope="module")
def outcome(diary: Path) -> Outcome:
    makers = {
        "first": partial(Steady, diary, "a", 6.0, 3.0),
        "missing": Missing,
        "second": partial(Steady, diary, "b"),
        "tired": Tiring,
        "dead": partial(Tiring, dies=True),
        "hungry": partial(Hungry, 1),
    }
    return contest(makers, rounds=2, threads=THREADS)


def rows_of(outcome: Outcome, name: str) -> list[Row]:
    return [row for row in outcome.rows if row.contender == name]


def test_contenders_take_turns_after_all_have_prepared(outcome: Outcome, diary: Path) -> None:
    lines = diary.read_text().split("\n")[:-1]
    assert sorted(lines[:2]) == ["a prepares", "b prepares"]
    assert lines[2:] == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_the_first_round_is_not_counted(outcome: Outcome) -> None:
    assert [row.round for row in rows_of(outcome, "first")] == [1, 2]


def test_a_rate_is_units_over_seconds(outcome: Outcome) -> None:
    assert {row.rate for row in rows_of(outcome, "first")} == {2.0}


def test_a_contender_whose_package_is_missing_is_absent_with_the_reason(outcome: Outcome) -> None:
    assert outcome.absent["missing"] == "a_package_that_nobody_has is not installed"


def test_a_contender_that_fails_keeps_its_earlier_rounds(outcome: Outcome) -> None:
    assert [row.round for row in rows_of(outcome, "tired")] == [1]


def test_an_error_in_a_round_is_told_in_one_line(outcome: Outcome) -> None:
    assert outcome.absent["tired"] == "ValueError: two are enough"


def test_a_process_that_dies_is_absent_with_its_exit_code(outcome: Outcome) -> None:
    assert outcome.absent["dead"] == "its process ended with exit code 9"


def test_each_contender_has_a_process_of_its_own(outcome: Outcome) -> None:
    assert outcome.facts["first"]["process"] != outcome.facts["second"]["process"]


def test_the_number_of_threads_is_set_before_a_contender_imports_anything(outcome: Outcome) -> None:
    assert outcome.facts["first"]["threads"] == f"{THREADS}"


def test_memory_that_was_held_while_preparing_is_not_counted(outcome: Outcome) -> None:
    assert BLOCK <= max(row.peak_memory_bytes for row in rows_of(outcome, "hungry")) < 3 * BLOCK


def rounds(name: str, rates: list[float]) -> list[Row]:
    return [Row(name, number, rate, 1.0, rate, 10) for number, rate in enumerate(rates, 1)]


def test_a_ratio_is_the_median_of_the_rounds_own_ratios() -> None:
    rows = [*rounds("plain", [1.0, 10.0, 100.0]), *rounds("fast", [3.0, 20.0, 100.0])]
    plain, fast = standings(Outcome(rows, {}, {}), baseline="plain")
    assert (fast.smallest_ratio, fast.ratio, fast.largest_ratio) == (1.0, 2.0, 3.0)
    assert plain.ratio == 1.0


def test_a_round_that_the_baseline_did_not_finish_has_no_ratio() -> None:
    rows = [*rounds("plain", [2.0]), *rounds("fast", [4.0, 400.0])]
    fast = standings(Outcome(rows, {"plain": "tired"}, {}), baseline="plain")[1]
    assert (fast.ratio, fast.largest_ratio) == (2.0, 2.0)


def test_an_absent_contender_stands_last_with_its_reason() -> None:
    found = standings(Outcome(rounds("plain", [1.0]), {"gone": "why"}, {}), baseline="plain")
    assert [(one.contender, one.absent) for one in found] == [("plain", ""), ("gone", "why")]
