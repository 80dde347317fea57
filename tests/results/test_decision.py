import math
from typing import Any

import numpy
import pandas
import pytest

from tests.results.sweeps import QUESTION, rows, table
from whynorm.results.decision import verdict
from whynorm.results.statistics import comparisons

NAN = math.nan
STEADY = [20.0, 21.0, 19.5, 20.4, 20.9]
NOISE = numpy.array([0.11, -0.08, 0.02, -0.1, 0.07])


def arm(shift: float, noise: float = 1.0) -> list[float]:
    """Five seeds whose differences to STEADY lie around the shift."""
    return list(numpy.array(STEADY) + shift + noise * NOISE)


def row(metric: str, base: list[float], other: list[float], margin: float = 1.0) -> Any:
    """The comparison of batch with layer in a metric."""
    question = QUESTION._replace(metric=metric, margin=margin)
    sweep = table({"layer": base, "batch": other}, metric)
    return comparisons(sweep, question).iloc[0]


@pytest.mark.parametrize(
    ("metric", "shift", "noise", "expected"),
    [
        ("bleu", 3.0, 1.0, "better"),
        ("bleu", -3.0, 1.0, "worse"),
        ("test_loss", 3.0, 1.0, "worse"),
        ("test_loss", -3.0, 1.0, "better"),
        ("bleu", 0.0, 1.0, "same"),
        ("bleu", 0.5, 1.0, "same"),  # surely above 0, and surely too little to matter
        ("bleu", 0.0, 30.0, "open"),
        ("bleu", 0.95, 1.0, "open"),  # surely above 0, yet about the margin
    ],
)
def test_the_verdict_follows_interval_and_margin(
    metric: str, shift: float, noise: float, expected: str
) -> None:
    assert row(metric, STEADY, arm(shift, noise))["verdict"] == expected


def test_the_corrected_p_decides_and_not_the_plain_one() -> None:
    numbers = {"metric": "bleu", "difference": 3.0, "low": 0.5, "high": 5.5, "p": 0.03}
    counts = {"diverged": 0, "baseline_diverged": 0, "planned": 5, "baseline_done": 5}
    found = [verdict({**numbers, **counts, "p_holm": p}, QUESTION) for p in (0.03, 0.06)]
    assert found == ["better", "open"]


def test_the_margin_is_that_of_the_deciding_metric_alone() -> None:
    question = QUESTION._replace(beside=["chrf"])
    sweep = table({"layer": STEADY, "batch": arm(0.5), "group": arm(0.0)})
    found = comparisons(sweep.assign(chrf=sweep["bleu"]), question)
    assert list(found["verdict"]) == ["same", "same", "better", "open"]


def test_bleu_is_worse_where_an_arm_diverges_with_every_seed() -> None:
    assert row("bleu", STEADY, [NAN] * 5)["verdict"] == "worse"


def test_a_loss_says_diverged_where_an_arm_does_with_every_seed_and_the_baseline_does_not() -> None:
    assert row("test_loss", STEADY, [NAN] * 5)["verdict"] == "diverged"


@pytest.mark.parametrize("shift", [-3.0, 0.0])
def test_those_that_survived_are_neither_better_nor_the_same_in_loss(shift: float) -> None:
    assert row("test_loss", STEADY, [*arm(shift)[:4], NAN])["verdict"] == "open"


def test_those_that_survived_may_be_worse_in_loss() -> None:
    assert row("test_loss", STEADY, [*arm(3.0)[:4], NAN])["verdict"] == "worse"


@pytest.mark.parametrize(
    ("base", "other", "warning"),
    [
        (STEADY[:2], arm(3.0)[:2], "pairs of seeds: 2, fewer than 3"),
        (STEADY, arm(0.0, 30.0), "interval wider than the difference"),
        (STEADY, [*arm(3.0)[:4], NAN], "diverged: 1 here, 0 of the baseline"),
        (STEADY, arm(3.0)[:4], "pairs missing: 1 of 5"),
        ([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], "every seed gives the same difference"),
    ],
)
def test_a_warning_stands_by_what_weakens_a_comparison(
    base: list[float], other: list[float], warning: str
) -> None:
    assert warning in row("bleu", base, other)["warning"].split("; ")


def test_a_clear_comparison_has_no_warning() -> None:
    assert row("bleu", STEADY, arm(3.0))["warning"] == ""


def test_runs_that_crashed_are_in_the_warning() -> None:
    sweep = table({"layer": STEADY, "batch": arm(3.0)})
    sweep.loc[[1, 7], "state"] = "failed"
    assert "runs without a result: 2" in comparisons(sweep, QUESTION).iloc[0]["warning"]


def test_a_same_verdict_is_not_warned_of_its_small_difference() -> None:
    assert row("bleu", STEADY, arm(0.0))["warning"] == ""


def test_means_of_survivors_are_named_so() -> None:
    found = row("test_loss", STEADY, [*arm(3.0)[:4], NAN])["warning"]
    assert "diverged: 1 here, 0 of the baseline (means of those that finished)" in found


def test_conditions_are_compared_apart() -> None:
    sweep = [
        *rows("bleu", "layer", STEADY, placement="post"),
        *rows("bleu", "batch", arm(3.0), placement="post"),
        *rows("bleu", "layer", STEADY, placement="pre"),
        *rows("bleu", "batch", arm(-3.0), placement="pre"),
    ]
    found = comparisons(pandas.DataFrame(sweep), QUESTION)
    assert list(found["placement"]) == ["post", "pre"]
    assert list(found["verdict"]) == ["better", "worse"]


def test_of_two_arms_that_always_diverged_nothing_is_said() -> None:
    nothing = [NAN] * 5
    assert row("bleu", nothing, nothing)["verdict"] == "open"


@pytest.mark.parametrize(
    ("leaking", "metric", "warned"),
    [
        ("training and evaluating", "test_loss", True),
        ("training", "test_loss", False),
        ("training", "train_loss", True),
        ("no", "test_loss", False),
        ("training and evaluating", "bleu", False),
    ],
)
def test_a_loss_measured_with_the_answer_in_view_is_warned_of(
    leaking: str, metric: str, warned: bool
) -> None:
    sweep = table({"layer": STEADY, "batch": arm(1.0)}, metric)
    told = sweep.assign(leaking=["no" if name == "layer" else leaking for name in sweep["arm"]])
    found = comparisons(told, QUESTION._replace(metric=metric, beside=[])).iloc[0]
    assert ("sees the answer" in found["warning"]) == warned
