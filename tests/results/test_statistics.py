import math
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.results.sweeps import QUESTION, rows, table
from whynorm.results.statistics import comparisons, holm, interval, paired_p, summary

NAN = math.nan

# Student (1908), The probable error of a mean: hours of sleep gained with two drugs.
FIRST = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
SECOND = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]

SWEEPS = 300
NUMBERS = st.lists(st.integers(0, 4000), min_size=4, max_size=4, unique=True)


def compared(**arms: list[float]) -> dict[str, Any]:
    """The comparison of the last arm with the first, which is called layer."""
    return comparisons(table(arms), QUESTION).iloc[-1].to_dict()


def test_the_interval_of_a_mean_equals_students() -> None:
    row = summary(table({"layer": [10.0, 12.0, 14.0]}), QUESTION).iloc[0]
    half = 4.302653 * 2.0 / math.sqrt(3)  # the 97.5 % point of t with two degrees of freedom
    assert [row["mean"], row["sd"], row["low"], row["high"]] == pytest.approx(
        [12.0, 2.0, 12.0 - half, 12.0 + half], rel=1e-6
    )


def test_one_seed_has_a_mean_and_no_interval() -> None:
    row = summary(table({"layer": [10.0]}), QUESTION).iloc[0]
    assert row["mean"] == 10.0
    assert row[["low", "high", "sd"]].isna().all()


def test_a_diverged_run_enters_the_mean_of_bleu_as_0() -> None:
    row = summary(table({"layer": [10.0, 20.0, NAN]}), QUESTION).iloc[0]
    assert row["mean"] == pytest.approx(10.0)


def test_a_diverged_run_is_missing_from_the_mean_of_a_loss_and_counted() -> None:
    question = QUESTION._replace(metric="test_loss")
    row = summary(table({"layer": [1.0, 2.0, NAN]}, "test_loss"), question).iloc[0]
    assert row["mean"] == pytest.approx(1.5)
    assert list(row[["seeds", "done", "diverged", "failed"]]) == [3, 2, 1, 0]


def test_what_a_crashed_run_had_reached_is_no_result() -> None:
    runs = table({"layer": [10.0, 20.0, 90.0]})
    runs.loc[2, "state"] = "failed"
    row = summary(runs, QUESTION).iloc[0]
    assert row["mean"] == pytest.approx(15.0)
    assert list(row[["seeds", "done", "diverged", "failed"]]) == [3, 2, 0, 1]


def test_the_interval_holds_the_true_mean_19_times_in_20() -> None:
    numbers = numpy.random.default_rng(1).normal(20.0, 1.0, (1500, 5))
    sweep = [row for n, five in enumerate(numbers) for row in rows("bleu", "layer", five, n=str(n))]
    found = summary(pandas.DataFrame(sweep), QUESTION)
    holds = (found["low"] < 20.0) & (found["high"] > 20.0)
    assert 0.935 < sum(holds) / len(holds) < 0.965


def test_a_comparison_equals_students_example() -> None:
    row = compared(layer=FIRST, drug=SECOND)
    found = [row["difference"], row["low"], row["high"], row["p"]]
    assert found == pytest.approx([1.58, 0.7001142, 2.4598858, 0.00283289], rel=1e-5)


def test_the_effect_equals_the_difference_over_the_mean_spread_corrected_for_few() -> None:
    spread = (1.789010 + 2.002249) / 2  # the standard deviations that Student's example has
    assert compared(layer=FIRST, drug=SECOND)["effect"] == pytest.approx(
        1.58 / spread * (1 - 3 / 35), rel=1e-5
    )


def test_p_is_multiplied_by_the_number_of_hypotheses_left_in_the_order_of_holm() -> None:
    seeds = numpy.arange(6)
    noise = [numpy.sin(seeds * k) for k in (1, 2, 3)]
    arms = {"a": 10 + noise[0], "b": 11 + noise[1], "c": 12.5 + noise[2]}
    found = comparisons(table({"layer": [10.0, 10.4, 9.8, 10.1, 9.9, 10.2], **arms}), QUESTION)
    low, middle, high = numpy.argsort(found["p"].to_numpy())
    p, corrected = found["p"].to_numpy(), found["p_holm"].to_numpy()
    assert corrected[low] == pytest.approx(3 * p[low])
    assert corrected[middle] == pytest.approx(max(3 * p[low], 2 * p[middle]))
    assert corrected[high] == pytest.approx(max(corrected[middle], p[high]))


def test_each_metric_is_a_family_of_its_own() -> None:
    sweep = table({"layer": FIRST, "drug": SECOND}).assign(test_loss=[*SECOND, *FIRST])
    found = comparisons(sweep, QUESTION._replace(beside=["test_loss"]))
    assert list(found["p_holm"]) == list(found["p"])


@pytest.mark.parametrize(
    ("gained", "p"), [([0.0] * 3, 1.0), ([3.0] * 3, NAN), ([3.0] * 2, NAN), ([3.0], NAN)]
)
def test_p_is_defined_where_all_differences_are_equal(gained: list[float], p: float) -> None:
    base = [10.1, 12.3, 11.7]
    arm = [one + other for one, other in zip(base, gained, strict=False)]
    assert compared(layer=base, batch=arm)["p"] == pytest.approx(p, nan_ok=True)


@pytest.mark.parametrize("metric", ["bleu", "test_loss"])
def test_no_seed_in_common_leaves_every_number_open(metric: str) -> None:
    question = QUESTION._replace(metric=metric)
    sweep = [*rows(metric, "layer", [1.0, 2.0]), *rows(metric, "batch", [1.0, 2.0])]
    sweep[2]["seed"], sweep[3]["seed"] = "8", "9"
    row = comparisons(pandas.DataFrame(sweep), question).iloc[0]
    assert row[["difference", "low", "high", "p", "p_holm", "effect"]].isna().all()
    assert row["verdict"] == "open"


@settings(max_examples=20)
@given(NUMBERS, NUMBERS, st.permutations(range(4)))
def test_which_seed_is_called_what_changes_nothing(
    base: list[int], arm: list[int], order: list[int]
) -> None:
    one = compared(layer=list(map(float, base)), batch=list(map(float, arm)))
    two = compared(layer=[float(base[i]) for i in order], batch=[float(arm[i]) for i in order])
    assert same(one, two)


@settings(max_examples=20)
@given(NUMBERS, NUMBERS, st.integers(-1000, 1000))
def test_a_constant_added_to_both_sides_changes_nothing(
    base: list[int], arm: list[int], added: int
) -> None:
    one = compared(layer=list(map(float, base)), batch=list(map(float, arm)))
    two = compared(layer=[float(n + added) for n in base], batch=[float(n + added) for n in arm])
    assert same(one, two)


@settings(max_examples=20)
@given(NUMBERS, NUMBERS)
def test_arm_and_baseline_exchanged_turn_the_sign(base: list[int], arm: list[int]) -> None:
    one = compared(layer=list(map(float, base)), batch=list(map(float, arm)))
    two = compared(layer=list(map(float, arm)), batch=list(map(float, base)))
    turned = {"difference": -two["difference"], "low": -two["high"], "high": -two["low"]}
    verdicts = {"better": "worse", "worse": "better"}
    turned |= {"effect": -two["effect"], "verdict": verdicts.get(two["verdict"], two["verdict"])}
    assert same(one, {**two, **turned})


def same(one: dict[str, Any], two: dict[str, Any]) -> bool:
    """Whether two comparisons agree up to rounding."""
    texts = [key for key, value in one.items() if isinstance(value, str)]
    numbers = [key for key in one if key not in texts]
    return [one[key] for key in texts] == [two[key] for key in texts] and numpy.allclose(
        [one[key] for key in numbers], [two[key] for key in numbers], equal_nan=True, atol=1e-9
    )


@pytest.mark.long
def test_arms_that_are_alike_are_told_apart_in_one_sweep_of_20_at_most() -> None:
    draw = numpy.random.default_rng(7)
    names = ("layer", "batch", "group", "rms")
    question, wrong = QUESTION._replace(margin=0.0), 0
    for _ in range(SWEEPS):
        arms = {name: draw.normal(20.0, 1.0, 5).tolist() for name in names}
        wrong += set(comparisons(table(arms), question)["verdict"]) != {"open"}
    assert wrong / SWEEPS < 0.05 + 2 * math.sqrt(0.05 * 0.95 / SWEEPS)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"baseline": "layers"}, r"baseline=layers is no value of arm: .*'layer', 'batch'"),
        ({"contrast": "norm"}, "norm is no column of the table"),
        ({"beside": ["rouge"]}, "rouge is no column of the table"),
    ],
)
def test_a_question_about_what_the_table_lacks_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        comparisons(table({"layer": [1.0], "batch": [2.0]}), QUESTION._replace(**changes))


def test_two_runs_in_one_place_are_refused() -> None:
    sweep = table({"layer": [1.0, 2.0]}).assign(seed="1")
    with pytest.raises(ValueError, match=r"two runs have .*'seed': '1'"):
        summary(sweep, QUESTION)


@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_interval_and_p_equal_those_of_scipy(count: int) -> None:
    found = numpy.random.default_rng(count).normal(0.4, 1.0, count)
    low, high = stats.t.interval(0.95, count - 1, found.mean(), stats.sem(found))
    _, expected = stats.ttest_1samp(found, 0.0)
    assert [*interval(found), paired_p(found)] == pytest.approx([low, high, expected], rel=1e-12)


def test_corrected_p_rise_with_p_and_are_never_above_1() -> None:
    found = holm(numpy.array([0.9, 0.01, 0.02, 0.015]))
    assert found.tolist() == pytest.approx([0.9, 0.04, 0.045, 0.045])
    assert holm(numpy.array([0.9, 0.8])).tolist() == [1.0, 1.0]
