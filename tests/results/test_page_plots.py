import json
import math

import pytest
from pandas import DataFrame

from tests.results.reports import ordinary, question, report
from whynorm.results.measures import number
from whynorm.results.page_canvas import Axis, roomy
from whynorm.results.page_plots import factor, left_out, metric_axis, panels, tokens_at
from whynorm.results.page_points import dots, means

TABLE = DataFrame(
    {
        "arm": ["layer", "layer", "batch", "batch"],
        "seed": ["1", "2", "1", "2"],
        "state": ["done", "diverged", "failed", "waiting"],
        "bleu": [20.0, math.nan, math.nan, math.nan],
        "test_loss": [2.0, math.nan, math.nan, math.nan],
    }
)


def test_a_dot_is_a_seed_at_its_value() -> None:
    found = dots(TABLE, question(), 0.0, 30.0)[0]
    kept = ("arm", "seed", "value", "says", "marker")
    assert [found[name] for name in kept] == ["layer", "1", 20.0, "20.00", "circle"]


@pytest.mark.parametrize(("metric", "worse_end"), [("bleu", 10.2), ("test_loss", 19.8)])
def test_runs_without_a_result_are_crosses_at_the_worse_end(metric: str, worse_end: float) -> None:
    found = dots(TABLE, question(metric=metric), 10.0, 20.0)[1:]
    marks = [(dot["marker"], round(dot["value"], 6), dot["says"]) for dot in found]
    assert marks == [("x", worse_end, "diverged"), ("x", worse_end, "failed")]


def test_a_diverged_run_stands_at_zero_bleu_where_the_axis_reaches_it() -> None:
    assert dots(TABLE, question(), -10.0, 30.0)[1]["value"] == 0.0


def test_a_run_that_waits_is_not_drawn() -> None:
    assert len(dots(TABLE, question(), 0.0, 30.0)) == 3


def test_a_mean_says_its_interval_and_how_its_seeds_ended() -> None:
    counts = {"seeds": 5, "done": 3, "diverged": 2, "failed": 0}
    row = {"arm": "batch", "metric": "bleu", "mean": 20.0, "low": 18.5, "high": 21.5, **counts}
    found = means(DataFrame([row]), question())[0]
    assert (found["says"], found["counted"]) == (
        "20.00 (18.50 to 21.50)",
        "3 of 5 done, 2 diverged",
    )


def test_a_mean_of_one_seed_has_no_interval() -> None:
    counts = {"seeds": 1, "done": 1, "diverged": 0, "failed": 0}
    row = {"arm": "a", "metric": "bleu", "mean": 20.0, "low": math.nan, "high": math.nan}
    found = means(DataFrame([{**row, **counts}]), question())[0]
    assert (found["low"], found["high"], found["says"]) == (20.0, 20.0, "20.00")


def test_each_condition_beside_the_factor_has_a_panel() -> None:
    assert [panel.title for panel in panels(ordinary())] == ["placement=post", "placement=pre"]


def test_without_a_factor_every_condition_has_a_panel() -> None:
    found = ordinary()
    asked = found.question._replace(factor=None)
    titles = {panel.title for panel in panels(found._replace(question=asked))}
    places = [
        f"placement={p}, batches.sentences={s}" for p in ("post", "pre") for s in (1, 4, 16, 64)
    ]
    assert titles == set(places)


def test_conditions_beyond_twelve_are_counted_and_not_drawn() -> None:
    found = report({("layer", str(place), "8"): 20.0 for place in range(15)}, seeds=1)
    assert (len(panels(found)), left_out(found)) == (12, 3)


def test_every_seed_is_in_the_plot() -> None:
    found = ordinary()
    drawn = json.dumps([panel.item for panel in panels(found)])
    scores = [f'"{value:.2f}"' for value in found.table["bleu"] if number(value) is not None]
    assert all(score in drawn for score in scores)


def test_a_factor_that_is_no_number_is_not_drawn_along_an_axis() -> None:
    found = report({("layer", "pre", "few"): 20.0}, sentences={"few": 8.0})
    assert factor(found) is None


def test_the_axis_holds_all_seeds_and_is_not_stretched_by_a_far_interval() -> None:
    found = report({("layer", "pre", "8"): 20.0, ("batch", "pre", "8"): 22.0})
    axis = metric_axis(found._replace(summary=found.summary.assign(low=-1000.0, high=1000.0)))
    low, high = min(found.table["bleu"]), max(found.table["bleu"])
    assert low - 0.7 * (high - low) < axis.low < low < high < axis.high


def test_tokens_stand_below_the_factor_that_decides_them() -> None:
    table = DataFrame({"n": ["1", "1", "8"], "tokens_per_batch": [12.0, 12.5, 98.4]})
    assert tokens_at(table, "n") == {1.0: "12", 8.0: "98"}


def test_tokens_that_the_factor_does_not_decide_are_left_out() -> None:
    table = DataFrame({"n": ["1", "1", "8"], "tokens_per_batch": [12.0, 50.0, 98.4]})
    assert tokens_at(table, "n") == {}


def test_an_axis_is_logarithmic_where_values_are_positive_and_far_apart() -> None:
    ranges = [[1.0, 64.0], [1.0, 4.0], [0.0, 64.0]]
    assert [roomy(r, logarithmic=True).logarithmic for r in ranges] == [True, False, False]


def test_a_value_moved_along_half_a_logarithmic_axis_is_the_geometric_mean_of_its_ends() -> None:
    assert math.isclose(Axis(1.0, 64.0, logarithmic=True).moved(1.0, 0.5), 8.0)
