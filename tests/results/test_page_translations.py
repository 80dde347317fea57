from pathlib import Path

import pytest
from pandas import DataFrame

from tests.results.reports import question, report
from whynorm.results.page_translations import MOST_ROWS, Words, difference, pieces, sheets
from whynorm.results.report import Report
from whynorm.results.runs import Run


def translated(arm: str, seed: str, texts: list[str]) -> Run:
    """A run that translated so many sentences; a second test set is none of the page's."""
    count = len(texts)
    rows = {
        "test set": ["first"] * count + ["second"],
        "source": [f"quelle {index}" for index in range(count)] + ["andere"],
        "reference": [f"source {index}" for index in range(count)] + ["other"],
        "greedy": [*texts, "elsewhere"],
    }
    swept = {"arm": arm, "seed": seed}
    return Run(Path(arm), swept, "done", "", 1.0, {}, {}, {}, DataFrame(), DataFrame(rows))


def asked(runs: list[Run]) -> Report:
    """A report of these runs, which have no scores."""
    table = DataFrame([{**run.swept, "state": run.state} for run in runs])
    nothing = DataFrame()
    return Report(question(factor=None), runs, table, nothing, nothing, [], [], [], {})


def test_two_texts_differ_by_the_share_of_words_that_only_one_has() -> None:
    assert difference(["a b c", "a b d"]) == 2 / 4


def test_three_texts_differ_by_the_mean_over_their_pairs() -> None:
    assert difference(["a b", "a b", "c d"]) == pytest.approx((0 + 1 + 1) / 3)


def test_the_sentences_on_which_arms_differ_most_come_first() -> None:
    runs = [
        translated("layer", "1", ["one two", "one two", "one two"]),
        translated("batch", "1", ["one two", "four five", "one three"]),
    ]
    sources = [row.source for row in sheets(asked(runs))[0].rows]
    assert sources == ["quelle 1", "quelle 2", "quelle 0"]


def test_the_baseline_has_the_first_column() -> None:
    runs = [translated("batch", "1", ["a"]), translated("layer", "1", ["b"])]
    assert sheets(asked(runs))[0].arms == ["layer", "batch"]


def test_the_seed_with_which_most_arms_translated_is_shown() -> None:
    runs = [translated(arm, seed, ["x"]) for seed, arm in ("1a", "2a", "2b")]
    assert sheets(asked(runs))[0].seed == "2"


def test_only_the_first_test_set_is_shown() -> None:
    rows = sheets(asked([translated("layer", "1", ["x", "y"])]))[0].rows
    assert {row.source for row in rows} == {"quelle 0", "quelle 1"}


def test_rows_are_limited() -> None:
    rows = sheets(asked([translated("layer", "1", ["x"] * 100)]))[0].rows
    assert len(rows) == MOST_ROWS


def test_what_the_reference_lacks_is_marked_whatever_its_case_and_punctuation() -> None:
    assert pieces("A dog, big runs", "The dog runs. a") == [
        Words("A dog,", True),
        Words("big", False),
        Words("runs", True),
    ]


def test_each_condition_has_a_sheet() -> None:
    found = report({("layer", place, "8"): 20.0 for place in ("pre", "post")}, seeds=1)
    assert [sheet.title for sheet in sheets(found)] == [
        "placement=pre, batches.sentences=8",
        "placement=post, batches.sentences=8",
    ]
