"""A model's state: kept as it was, or with statistics that are those of all tokens together."""

import pytest
import torch

from tests.model.build import transformer
from tests.options import option
from tests.probes.subjects import (
    SHALLOW,
    changed,
    everything,
)
from whynorm.probes.snapshot import held, kept, switch


def test_a_buffer_that_was_replaced_is_the_old_one_again() -> None:
    norm = option("norm", "batch")(4)
    buffer = norm.running_mean
    with kept(norm):
        norm.running_mean = torch.ones(4)
    assert norm.running_mean is buffer
    assert torch.equal(buffer, torch.zeros(4))


def test_a_buffer_that_was_changed_in_place_has_its_old_numbers_again() -> None:
    norm = option("norm", "batch")(4)
    with kept(norm):
        norm.running_mean.fill_(3.0)
    assert torch.equal(norm.running_mean, torch.zeros(4))


def test_what_fails_inside_leaves_the_model_as_it_was_too() -> None:
    model = transformer("batch", "pre", *SHALLOW).train()
    before = everything(model)
    with pytest.raises(KeyError), held(model, training=False):
        raise KeyError
    assert changed(before, model) == []


@pytest.mark.parametrize("training", [True, False])
def test_norms_alone_are_in_training_when_dropout_is_off(training: bool) -> None:
    model = transformer("batch", "pre", *SHALLOW, "model.dropout=0.5").train()
    switch(model, training=training)
    modes = {type(module).__name__: module.training for module in model.modules()}
    assert {name for name, mode in modes.items() if mode} == ({"BatchNorm"} if training else set())
