from pathlib import Path
from typing import Any

from pandas import DataFrame

from whynorm.results.fairness import different_data, unequal, unfair
from whynorm.results.runs import Run


def made(name: str, config: dict[str, Any], **facts: Any) -> Run:
    """A run with that configuration, those scores, and its data's hash."""
    swept = {"arm": name.split("-")[0], "seed": name.split("-")[1]}
    versions = {"data_sha256": facts.pop("data_sha256", "same")}
    empty = DataFrame()
    return Run(Path(f"runs/{name}"), swept, "done", "", 1.0, config, facts, versions, empty, empty)


LAYER = {"norm": "layer", "norm.eps": 1e-5, "model.d_ff": 64, "arm": "layer", "seed": 1}
AXES = {"arm": ["norm"], "seed": ["seed"]}
BATCH = {"norm": "batch", "norm.momentum": 0.1, "model.d_ff": 64, "arm": "batch", "seed": 1}


def test_runs_that_differ_in_what_was_swept_may_be_compared() -> None:
    assert unfair([made("layer-1", LAYER), made("batch-1", BATCH)], AXES) == []


def test_a_value_that_was_not_swept_is_named_with_a_run_for_each_value() -> None:
    (found,) = unfair([made("layer-1", LAYER), made("batch-1", {**BATCH, "model.d_ff": 32})], AXES)
    assert found.sentence() == "model.d_ff is 64 in layer-1 against 32 in batch-1"


def test_a_value_that_one_run_does_not_have_is_a_difference() -> None:
    (found,) = unfair([made("layer-1", LAYER), made("batch-1", {**BATCH, "data.x": 1})], AXES)
    assert found.sentence() == "data.x is nothing in layer-1 against 1 in batch-1"


def test_sweeping_one_value_of_a_norm_does_not_excuse_another() -> None:
    other = {**LAYER, "norm.eps": 1e-3}
    (found,) = unfair([made("layer-1", LAYER), made("other-1", other)], {"arm": ["norm.bias"]})
    assert found.key == "norm.eps"


def test_a_norm_of_the_decoder_that_was_swept_covers_its_values() -> None:
    one = {**LAYER, "norm@decoder_norm": "rms", "decoder_norm.eps": 1e-5}
    two = {**LAYER, "norm@decoder_norm": "layer", "decoder_norm.eps": 1e-3}
    assert unfair([made("a-1", one), made("b-1", two)], {"arm": ["norm@decoder_norm"]}) == []


def test_names_and_destinations_are_no_differences() -> None:
    one, two = {**LAYER, "name": "x", "logger.mode": "auto"}, {**LAYER, "name": "y", "logger": None}
    assert unfair([made("layer-1", one), made("layer-2", two)], {"seed": ["seed"]}) == []


def test_a_run_that_has_not_begun_is_passed_over() -> None:
    assert unfair([made("layer-1", LAYER), made("batch-1", {})], {}) == []


def test_arms_that_saw_other_numbers_of_tokens_are_found() -> None:
    runs = [made("layer-1", {}, target_tokens=1000), made("batch-1", {}, target_tokens=999)]
    assert unequal(runs, "arm") == ["target tokens: 1,000 in layer-1 against 999 in batch-1"]


def test_seeds_may_see_other_numbers_of_tokens() -> None:
    runs = [made("layer-1", {}, target_tokens=1000), made("layer-2", {}, target_tokens=999)]
    assert unequal(runs, "arm") == []


def test_the_same_words_for_data_that_changed_meanwhile_are_found() -> None:
    runs = [made("layer-1", {"data.x": 1}), made("batch-1", {"data.x": 1}, data_sha256="other")]
    assert different_data(runs) == ["data: same in layer-1 against other in batch-1"]


def test_data_that_were_swept_may_differ() -> None:
    runs = [made("layer-1", {"data.x": 1}), made("batch-1", {"data.x": 2}, data_sha256="other")]
    assert different_data(runs) == []


def test_one_label_that_stood_for_two_values_is_found() -> None:
    """As when an experiment was edited between two calls of its sweep."""
    runs = [made("layer-1", LAYER), made("layer-2", {**LAYER, "norm.eps": 1e-3, "seed": 2})]
    (found,) = unfair(runs, AXES)
    assert found.sentence() == "norm.eps is 1e-05 in layer-1 against 0.001 in layer-2"


def test_a_run_whose_seed_is_not_its_label_is_found() -> None:
    runs = [made("layer-1", LAYER), made("batch-1", {**BATCH, "seed": 7})]
    (found,) = unfair(runs, AXES)
    assert found.key == "seed"


def test_what_is_allowed_to_differ_may() -> None:
    runs = [made("layer-1", LAYER), made("batch-1", {**BATCH, "model.d_ff": 32})]
    assert unfair(runs, AXES, ["model"]) == []


def test_weights_of_another_update_are_found_where_the_last_were_to_be_tested() -> None:
    config = {"training.tested": "last"}
    runs = [made("layer-1", config, tested_update=600), made("batch-1", config, tested_update=500)]
    assert unequal(runs, "arm") == ["tested update: 600 in layer-1 against 500 in batch-1"]
