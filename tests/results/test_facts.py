"""With what runs were made is told of every attempt."""

from tests.results.sweeps import QUESTION, run
from whynorm.results.facts import commits, facts, of, warnings

FIRST = {"commit": "a" * 40, "torch": "2.13.0"}
SECOND = {"commit": "b" * 40, "torch": "2.12.0", "uncommitted_changes": True}
STOPPED = run({"arm": "layer", "seed": "1"})._replace(versions={**FIRST, "resumed": [SECOND]})
WHOLE = run({"arm": "layer", "seed": "2"})._replace(versions=FIRST)


def test_the_code_that_a_stopped_run_went_on_with_is_named() -> None:
    assert commits([STOPPED]) == ["a" * 12, "b" * 12 + "*"]


def test_the_versions_that_a_stopped_run_went_on_with_are_named() -> None:
    assert of([STOPPED, WHOLE], "torch") == ["2.13.0", "2.12.0"]


def test_going_on_with_uncommitted_changes_is_warned_of() -> None:
    assert any("uncommitted changes" in one for one in warnings(QUESTION, [STOPPED], None))
    assert not any("uncommitted changes" in one for one in warnings(QUESTION, [WHOLE], None))


def test_runs_that_went_on_after_a_stop_are_counted() -> None:
    assert facts(QUESTION, [STOPPED, WHOLE], None)["gone on after a stop"] == "1 runs"


def test_where_no_run_was_stopped_nothing_is_said_of_it() -> None:
    assert "gone on after a stop" not in facts(QUESTION, [WHOLE], None)
