"""What was observed while runs trained has a column of the table, and a mean in the summary."""

import math

import pandas

from tests.results.sweeps import QUESTION, run
from whynorm.results.runs import Run
from whynorm.results.statistics import comparisons, summary
from whynorm.results.table import logged, table

KURTOSIS = "probe/flow/*/kurtosis"
ASKED = QUESTION._replace(observed={"kurtosis": KURTOSIS})


def observed(arm: str, seed: int, encoder: float, decoder: float) -> Run:
    """A run of two layers whose kurtosis was logged twice, and between other things."""
    curve = pandas.DataFrame(
        {
            "step": [1, 2, 3],
            "val/loss": [3.0, 2.0, 1.0],
            "probe/flow/encoder/1/kurtosis": [9.0, encoder, math.nan],
            "probe/flow/decoder/1/kurtosis": [9.0, decoder, math.nan],
            "probe/flow/decoder/1/outliers": [50.0, 60.0, 70.0],
        }
    )
    scores = {"test": {"test": {"loss": 1.0, "greedy": {"bleu": 20.0}}}}
    swept = {"arm": arm, "seed": str(seed)}
    return run(swept)._replace(state="done", scores=scores, curve=curve)


RUNS = [
    observed("layer", 1, 2.0, 4.0),
    observed("layer", 2, 3.0, 5.0),
    observed("batch", 1, 5.0, 5.0),
    observed("batch", 2, 7.0, 7.0),
]


def test_what_was_observed_is_the_mean_of_the_last_values_of_all_that_match() -> None:
    assert logged(RUNS[0], KURTOSIS) == 3.0
    assert logged(RUNS[0], "probe/flow/encoder/*") == 2.0


def test_what_was_never_logged_is_no_number() -> None:
    assert math.isnan(logged(RUNS[0], "probe/statistics/*"))


def test_the_summary_has_the_mean_of_what_was_observed() -> None:
    found = summary(table(RUNS, ASKED.observed), ASKED)
    kurtosis = found[found["metric"] == "kurtosis"].set_index("arm")["mean"]
    assert kurtosis.to_dict() == {"layer": 3.5, "batch": 6.0}


def test_what_was_observed_is_not_compared() -> None:
    found = comparisons(table(RUNS, ASKED.observed), ASKED)
    assert list(found["metric"]) == ["bleu"]
