"""What a probe says of a sweep's runs is told as means over seeds."""

import math

import pandas

from whynorm.results.over_seeds import over_seeds

ROWS = [
    {"arm": "layer", "seed": "1", "norms": "training", "loss": 1.0, "tokens": 10},
    {"arm": "layer", "seed": "2", "norms": "training", "loss": 3.0, "tokens": 10},
    {"arm": "batch", "seed": "1", "norms": "training", "loss": 4.0, "tokens": 10},
    {"arm": "batch", "seed": "2", "norms": "training", "loss": math.nan, "tokens": 10},
]


def rows(*cut: str) -> list[str]:
    frame = pandas.DataFrame(ROWS).drop(columns=list(cut))
    return over_seeds(frame, ["arm", "seed"]).splitlines()


def test_a_mean_stands_with_half_of_students_interval() -> None:
    assert rows()[2] == "| layer | training | 10 | 2.000 ± 12.706 |"


def test_what_is_no_number_is_left_out_and_one_number_has_no_interval() -> None:
    assert rows()[3] == "| batch | training | 10 | 4.000 |"


def test_a_place_without_any_number_has_a_dash() -> None:
    frame = pandas.DataFrame(ROWS[3:])
    assert over_seeds(frame, ["arm", "seed"]).splitlines()[2] == "| batch | training | 10 | – |"


def test_seeds_have_no_column() -> None:
    assert rows("tokens")[0] == "| arm | norms | loss |"


def test_rows_of_a_run_that_are_taken_together_are_one_number_of_its_seed() -> None:
    doubled = pandas.DataFrame(
        [{**row, "norms": word} for row in ROWS[:2] for word in ("training", "evaluating")]
        + [{**ROWS[0], "norms": "training", "loss": 4.0}]
    )
    told = over_seeds(doubled, ["arm", "seed"], ["norms"]).splitlines()
    assert told == [
        "| arm | tokens | loss |",
        "| --- | --- | --- |",
        "| layer | 10 | 2.500 ± 6.353 |",
    ]
