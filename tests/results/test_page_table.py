from pathlib import Path
from typing import Any

from pandas import DataFrame

from tests.results.reports import ordinary, question, report
from whynorm.results.page_table import WIDTH, comparison_tables, differences, run_table
from whynorm.results.runs import Run

LEVELS = {("layer", "pre", "8"): 20.0, ("batch", "pre", "8"): 17.0}


def configured(arm: str, config: dict[str, Any]) -> Run:
    """A run of which only arm and configuration matter."""
    nothing = DataFrame()
    return Run(Path(arm), {"arm": arm}, "done", "", 1.0, config, {}, {}, nothing, nothing)


def test_the_metric_that_decides_comes_first() -> None:
    found = ordinary()
    asked = found.question._replace(metric="test_loss", beside=["bleu"])
    tables = comparison_tables(found._replace(question=asked))
    assert [table.name for table in tables] == ["test_loss", "bleu"]


def test_a_comparison_reads_as_its_numbers_do() -> None:
    found = report(LEVELS)
    numbers = {"difference": -3.256, "low": -4.0, "high": -2.5, "p_holm": 0.0004, "effect": -1.5}
    row = found.comparisons[found.comparisons["metric"] == "bleu"].assign(**numbers)
    row = row.assign(verdict="worse", warning="")
    table = comparison_tables(found._replace(comparisons=row))[0]
    assert dict(zip(table.columns, [cell.text for cell in table.rows[0]], strict=True)) == {
        "verdict": "worse",
        "arm": "batch",
        "placement": "pre",
        "batches.sentences": "8",
        "difference": "−3.26",
        "95 % interval": "−4.00 to −2.50",
        "p (Holm)": "< 0.001",
        "effect": "−1.50",
        "pairs": "3",
        "by sentences": "2 of 3, p 0.020",
    }


def test_the_picture_of_an_interval_has_its_proportions() -> None:
    found = report(LEVELS, asked=question(margin=1.0))
    numbers = {"difference": -4.0, "low": -5.0, "high": -3.0}
    row = found.comparisons[found.comparisons["metric"] == "bleu"].assign(**numbers)
    cells = comparison_tables(found._replace(comparisons=row))[0].rows[0]
    drawn = next(cell.interval for cell in cells if cell.interval)
    unit = (WIDTH / 2 - 4) / 4.8
    expected = [WIDTH / 2 - 4 * unit, WIDTH / 2 - 3 * unit, 2 * unit]
    found_at = [drawn.middle, drawn.high, drawn.margin[1]]
    assert all(abs(a - b) < 0.11 for a, b in zip(found_at, expected, strict=True))


def test_a_verdict_that_no_page_knows_looks_open() -> None:
    found = report(LEVELS)
    strange = found.comparisons.assign(verdict='worse" onclick="1')
    cell = comparison_tables(found._replace(comparisons=strange))[0].rows[0][0]
    assert (cell.text, cell.kind) == ('worse" onclick="1', "verdict open")


def test_only_config_in_which_runs_differ_is_told() -> None:
    runs = [
        configured("layer", {"d_model": 64, "norm.eps": 1e-5, "norm.groups": None}),
        configured("group", {"d_model": 64, "norm.eps": 1e-6, "norm.groups": 8}),
    ]
    assert differences(runs, ["arm"]) == {
        "norm.eps": ["1e-05", "1e-06"],
        "norm.groups": ["None", "8"],
    }


def test_config_that_says_what_the_arm_says_is_left_out() -> None:
    runs = [configured("layer", {"norm": "layer"}), configured("group", {"norm": "group"})]
    assert differences(runs, ["arm"]) == {}


def test_config_that_only_names_a_run_is_left_out() -> None:
    runs = [configured(arm, {"name": f"nano-{arm}", "x._target_": arm * 2}) for arm in "ab"]
    assert differences(runs, ["arm"]) == {}


def test_a_run_that_never_began_makes_no_difference() -> None:
    runs = [configured("layer", {"d_model": 64}), configured("group", {})]
    assert differences(runs, ["arm"]) == {}


def test_a_run_that_diverged_is_in_the_table_with_its_reason() -> None:
    found = report(LEVELS, states={3: "diverged"})
    table = run_table(found)
    cells = dict(zip(table.columns, table.rows[3], strict=True))
    assert (cells["state"].text, cells["reason"].text, cells["BLEU"].text) == (
        "diverged",
        found.runs[3].reason,
        "–",
    )


def test_columns_that_say_nothing_are_left_out() -> None:
    assert "reason" not in run_table(report(LEVELS)).columns


def test_a_column_of_numbers_is_known_as_one_and_a_column_of_words_is_not() -> None:
    table = run_table(report(LEVELS, states={3: "diverged"}))
    kinds = dict(zip(table.columns, table.numeric, strict=True))
    assert (kinds["BLEU"], kinds["batches.sentences"], kinds["arm"]) == (True, True, False)
