"""Runs that are trained at once, held against the same runs one after the other."""

from functools import partial

import pytest
import torch

from tests.model.build import transformer
from tests.options import names, option
from tests.training.meeting import apart, apart_layer, at_once, measured, numbers, quick_first, run
from tests.training.tiny import tiny_module
from whynorm.training.module import TranslationModule


@pytest.mark.parametrize("norm", quick_first("layer", "batch", "regularized_batch", "power"))
def test_weights_and_running_statistics_equal_those_of_separate_runs(norm: str) -> None:
    make = partial(run, norm=option("norm", norm))
    found, _, errors = at_once(make)
    assert errors == {}
    torch.testing.assert_close(
        numbers(found),
        numbers(apart_layer() if norm == "layer" else apart(make)),
        rtol=0,
        atol=1e-10,
    )


@pytest.mark.parametrize("norm", quick_first("batch", "layer", "regularized_batch"))
def test_what_a_run_reports_in_single_precision_equals_that_of_a_separate_run(norm: str) -> None:
    make = partial(run, norm=option("norm", norm))
    found, _, _ = at_once(make, precision="32-true")
    expected = measured(apart(make, precision="32-true"))
    torch.testing.assert_close(measured(found), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("norm", quick_first("batch", "layer", "regularized_batch", "instance"))
def test_norms_over_real_tokens_are_computed_at_once(norm: str) -> None:
    _, meeting, _ = at_once(partial(run, norm=option("norm", norm)), max_steps=1)
    assert (meeting.reason, meeting.stacked is not None) == (None, True)


@pytest.mark.long
def test_accumulated_batches_equal_those_of_separate_runs() -> None:
    found, meeting, _ = at_once(run, accumulate_grad_batches=2)
    assert meeting.reason is None
    expected = numbers(apart(run, accumulate_grad_batches=2))
    torch.testing.assert_close(numbers(found), expected, rtol=0, atol=1e-10)


GROUPS = ("norm", "placement", "mask", "mask_fill", "qk_norm")
OPTIONS = [(group, name) for group in GROUPS for name in names(group)]


def optional(group: str, name: str, seed: int) -> TranslationModule:
    """A run with one option."""
    chosen = {"norm": "layer", "placement": "post", "fill": "fused", "qk_norm": "none"}
    chosen["fill" if group == "mask_fill" else group] = name
    mask = chosen.pop("mask", "paper")
    model = transformer(
        chosen["norm"],
        chosen["placement"],
        "model.dropout=0.1",
        fill=chosen["fill"],
        qk_norm=chosen["qk_norm"],
    )
    module = tiny_module(model, rate=1e-3, optimizer=torch.optim.Adam, seed=seed)
    module.rules = option("mask", mask)
    return module


@pytest.mark.long
@pytest.mark.parametrize(("group", "name"), OPTIONS, ids=map(" ".join, OPTIONS))
def test_runs_with_any_option_equal_separate_runs(group: str, name: str) -> None:
    make = partial(optional, group, name)
    found, _, errors = at_once(make)
    assert errors == {} or group in ("mask", "mask_fill")
    torch.testing.assert_close(
        numbers(found), numbers(apart(make)), rtol=0, atol=1e-9, equal_nan=True
    )
