import math
from pathlib import Path

import pytest
from pandas import DataFrame, Series

from tests.results.reports import ordinary, report
from whynorm.results.page_curves import arm, curves, points, ranges, series, thinned
from whynorm.results.runs import Run


def trained(seed: str, losses: dict[int, float], state: str = "done") -> Run:
    """A run that logged these validation losses at these updates."""
    curve = DataFrame({"step": list(losses), "val/loss": list(losses.values())})
    swept = {"arm": "layer", "seed": seed}
    return Run(Path(seed), swept, state, "", 1.0, {}, {}, {}, curve, DataFrame())


ONE = trained("1", {10: 4.0, 20: 3.0, 30: 2.0})
TWO = trained("2", {10: 5.0, 20: 3.5, 30: 2.5})
LOST = trained("3", {10: 6.0, 20: 900.0}, "diverged")


def test_the_mean_of_an_arm_is_that_of_its_seeds() -> None:
    found = arm([ONE, TWO], "val/loss", 60)["mean"]
    assert found == {
        "x": [10, 20, 30],
        "y": [4.5, 3.25, 2.25],
        "low": [4.0, 3.0, 2.0],
        "high": [5.0, 3.5, 2.5],
    }


def test_the_mean_ends_where_a_seed_has_diverged() -> None:
    assert arm([ONE, TWO, LOST], "val/loss", 60)["mean"]["x"] == [10, 20]


def test_the_curve_of_a_seed_that_diverged_is_kept_to_its_end() -> None:
    found = arm([ONE, TWO, LOST], "val/loss", 2)["seeds"][2]
    assert found == {"seed": "3", "x": [10, 20], "y": [6.0, 900.0]}


def test_a_diverged_run_does_not_flatten_the_others() -> None:
    assert ranges([ONE, TWO, LOST], "val/loss", 0.0)["y"][1] < 5.5


def test_the_second_half_is_as_high_as_what_is_in_it() -> None:
    low, high = ranges([ONE, TWO], "val/loss", 0.5)["y"]
    assert (low < 2.0, 3.5 < high < 4.0) == (True, True)


def test_what_is_no_finite_number_is_left_out_of_a_curve() -> None:
    run = trained("1", {10: 4.0, 20: math.nan, 30: math.inf, 40: 2.0})
    assert series(run, "val/loss").to_dict() == {10: 4.0, 40: 2.0}


def test_a_run_that_never_logged_has_an_empty_curve() -> None:
    assert len(series(ONE, "val/bleu")) == 0


@pytest.mark.parametrize("most", [2, 3, 7, 60])
def test_thinned_steps_keep_both_ends(most: int) -> None:
    steps = list(range(5, 1000, 5))
    kept = thinned(steps, most)
    assert (len(kept), kept[0], kept[-1]) == (most, 5, 995)


def test_many_runs_have_fewer_points_each() -> None:
    assert (points(10), points(200), points(10_000)) == (60, 40, 20)


def test_every_measure_has_a_view_of_every_condition() -> None:
    found = curves(ordinary())
    assert found is not None
    assert [len(views) for views in found.views] == [len(found.places)] * len(found.measures)


def test_a_view_holds_every_seed_of_every_arm() -> None:
    levels = {("layer", "pre", "8"): 20.0, ("batch", "pre", "8"): 19.0}
    found = curves(report(levels, seeds=4, states={2: "diverged"}))
    assert found is not None
    arms = found.views[0][0]["arms"]
    assert {index: [seed["seed"] for seed in arms[index]["seeds"]] for index in arms} == {
        "0": ["1", "2", "3", "4"],
        "1": ["1", "2", "3", "4"],
    }


def test_runs_without_curves_have_no_plot() -> None:
    found = report({("layer", "pre", "8"): 20.0})
    bare = [run._replace(curve=DataFrame({"step": Series(dtype=int)})) for run in found.runs]
    assert curves(found._replace(runs=bare)) is None
