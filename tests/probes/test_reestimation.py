"""Running statistics taken anew from all tokens of a few batches."""

import numpy
import pytest
import torch
from torch import Tensor

from tests.model.build import transformer
from tests.options import names, option
from tests.probes.subjects import (
    SHALLOW,
    SHORT,
    batches,
    changed,
    everything,
    spoil,
    tokens_at_norms,
)
from whynorm.model.transformer import Transformer
from whynorm.norms.batch import BatchNorm
from whynorm.norms.minmax import MinMaxNorm
from whynorm.norms.norm import Norm
from whynorm.probes.reestimation import reestimated
from whynorm.probes.snapshot import held
from whynorm.probes.subject import logits

BATCHES = [*batches(10), *SHORT]
RULES = option("mask", "paper")
EPS = 1e-5


def remembered(model: Transformer, *, passes: int = 1) -> dict[str, Tensor]:
    """The buffers of a model whose statistics were taken anew."""
    with reestimated(model, RULES, BATCHES, passes=passes):
        return {name: buffer.clone() for name, buffer in model.named_buffers()}


def close(found: Tensor, expected: numpy.ndarray) -> None:
    numpy.testing.assert_allclose(found.numpy(), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("passes", [1, 3])
@pytest.mark.parametrize("norm", ["batch", "regularized_batch"])
def test_running_statistics_become_the_moments_of_all_tokens(norm: str, passes: int) -> None:
    model = transformer(norm, "pre")
    spoil(model)
    found = remembered(model, passes=passes)
    for name, parts in tokens_at_norms(model, BATCHES).items():
        every = numpy.concatenate(parts)
        close(found[f"{name}.running_mean"], every.mean(0))
        close(found[f"{name}.running_var"], every.var(0, ddof=1))


def test_padding_is_pooled_where_the_norm_counts_it() -> None:
    model = transformer("batch", "pre")
    for module in model.modules():
        if isinstance(module, BatchNorm):
            module.count_padding = True
    found = remembered(model)
    for name, parts in tokens_at_norms(model, BATCHES, padding=True).items():
        every = numpy.concatenate(parts)
        close(found[f"{name}.running_mean"], every.mean(0))
        close(found[f"{name}.running_var"], every.var(0, ddof=1))


def test_the_deviation_of_renormalisation_becomes_the_root_of_all_tokens_variance() -> None:
    model = transformer("batch_renorm", "pre")
    spoil(model)
    found = remembered(model)
    for name, parts in tokens_at_norms(model, BATCHES).items():
        every = numpy.concatenate(parts)
        close(found[f"{name}.running_mean"], every.mean(0))
        close(found[f"{name}.running_std"], numpy.sqrt(every.var(0) + EPS))


@pytest.mark.parametrize("norm", ["power_v", "power"])
def test_a_running_quadratic_mean_becomes_that_of_all_tokens(norm: str) -> None:
    model = transformer(norm, "pre")
    found = remembered(model)
    for name, parts in tokens_at_norms(model, BATCHES).items():
        close(found[f"{name}.phi"], (numpy.concatenate(parts) ** 2).mean(0))


def test_running_extremes_become_the_average_of_the_batches_by_tokens() -> None:
    model = transformer("minmax", "pre", *SHALLOW)
    for module in model.modules():
        if isinstance(module, MinMaxNorm):
            module.over = "tokens"
            module.register_buffer("running_min", torch.zeros(module.d_model))
            module.register_buffer("running_max", torch.ones(module.d_model))
    found = remembered(model)
    for name, parts in tokens_at_norms(model, BATCHES).items():
        n = [len(part) for part in parts]
        close(found[f"{name}.running_min"], numpy.average([p.min(0) for p in parts], 0, n))
        close(found[f"{name}.running_max"], numpy.average([p.max(0) for p in parts], 0, n))


def evaluated(model: Transformer) -> Tensor:
    """What the model says when its statistics have been taken anew."""
    with reestimated(model, RULES, BATCHES, passes=1), held(model, training=False):
        return logits(model, RULES, BATCHES[0]).detach()


@pytest.mark.parametrize("norm", names("norm"))
def test_before_warm_up_ends_nothing_is_left_of_what_was_remembered(norm: str) -> None:
    model = transformer(norm, "pre", *SHALLOW)
    fresh = evaluated(model)
    for module in model.modules():
        for buffer in module.buffers(recurse=False) if isinstance(module, Norm) else []:
            if buffer.is_floating_point():
                buffer.mul_(20).add_(1)
    torch.testing.assert_close(evaluated(model), fresh)


def test_each_pass_starts_from_what_the_one_before_has_found() -> None:
    model = transformer("batch_renorm", "pre", *SHALLOW)
    for name, buffer in model.named_buffers():
        if name.endswith("updates"):
            buffer.fill_(10**6)
    once, twice = remembered(model), remembered(model, passes=2)
    with reestimated(model, RULES, BATCHES, passes=1):
        again = remembered(model)
    assert all(torch.equal(twice[name], again[name]) for name in again)
    assert any(not torch.allclose(once[name], again[name], rtol=1e-3) for name in again)


@pytest.mark.parametrize("norm", ["batch", "power", "unified"])
def test_the_order_of_the_batches_does_not_matter(norm: str) -> None:
    model = transformer(norm, "pre", *SHALLOW)
    for name, buffer in model.named_buffers():
        if name.endswith("updates"):
            buffer.fill_(10**6)
    forth = remembered(model)
    with reestimated(model, RULES, BATCHES[::-1], passes=1):
        back = {name: buffer.clone() for name, buffer in model.named_buffers()}
    assert all(torch.allclose(forth[name], back[name]) for name in forth)


def test_statistics_are_those_of_before_after_taking_them_anew_has_failed() -> None:
    model = transformer("batch", "pre", *SHALLOW).train()
    before = everything(model)
    wrong = BATCHES[0]._replace(target=BATCHES[0].target + 100)
    with pytest.raises(IndexError), reestimated(model, RULES, [*BATCHES, wrong], passes=1):
        pass
    assert changed(before, model) == []
