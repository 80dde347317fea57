from collections.abc import Sequence

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from tests.model.build import transformer
from tests.options import names, option
from tests.probes.subjects import (
    NOWHERE,
    SHALLOW,
    a_batch,
    batches,
    changed,
    everything,
    spoil,
    subject,
)
from whynorm.data.batch import Batch, teacher_forced
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.probes.reestimation import reestimated
from whynorm.probes.snapshot import held
from whynorm.probes.statistics import record, statistics
from whynorm.probes.subject import Row, logits

REAL = torch.tensor([[True, True, True], [True, False, False]])
TRAINING = batches(10)


def rows_of(model: Transformer, **given: Sequence[Batch]) -> list[Row]:
    return statistics(subject(model, training=given.get("training", TRAINING)), NOWHERE)


@pytest.mark.parametrize("norm", ["layer", "batch", "instance"])
def test_equal_batches_neither_fluctuate_nor_differ_from_their_population(norm: str) -> None:
    rows = rows_of(transformer(norm, "pre"), training=[a_batch(0)] * 3)
    distances = [
        float(row[key])
        for row in rows
        if row["batches"] == "training"
        for key in row
        if key.startswith(("tid", "fluctuation"))
    ]
    assert max(distances) < 1e-6


def test_batches_that_differ_fluctuate_at_every_norm() -> None:
    rows = rows_of(transformer("layer", "pre"))
    assert min(float(row["fluctuation_mean"]) for row in rows) > 0.01


def test_smaller_batches_lie_farther_from_the_population() -> None:
    small = [a_batch(seed, [6, 5]) for seed in range(9)]
    large = [a_batch(seed, [6, 5] * 8) for seed in range(9)]
    model = transformer("layer", "pre", *SHALLOW)
    tid = [float(rows_of(model, training=given)[0]["tid_mean"]) for given in (small, large)]
    assert tid[0] > 2 * tid[1]


def test_every_norm_of_the_model_has_a_row_for_each_set() -> None:
    model = transformer("rms", "pre")
    norms = [name for name, module in model.named_modules() if isinstance(module, Norm)]
    rows = rows_of(model)
    assert [(row["norm"], row["batches"]) for row in rows] == [
        (name, kind) for name in norms for kind in ("training", "validation")
    ]


def test_norms_of_queries_and_keys_have_no_tokens_to_tell_of() -> None:
    plain, normed = (
        rows_of(transformer("rms", "pre", *SHALLOW, qk_norm=name)) for name in ("none", "layer")
    )
    assert [row["norm"] for row in normed] == [row["norm"] for row in plain]


def test_the_population_is_the_same_for_arms_that_feed_their_first_norm_alike() -> None:
    first = [rows_of(transformer(norm, "pre"))[0] for norm in ("layer", "batch", "instance")]
    assert len({float(row["tid_variance"]) for row in first}) == 1


def losses(model: Transformer) -> list[float]:
    """Under running, batch and re-estimated statistics, on the training batches."""
    [row, *_] = rows_of(model)
    return [float(row[f"loss_{which}"]) for which in ("running", "batch", "reestimated")]


def test_the_three_losses_of_layer_norms_are_one() -> None:
    one, two, three = losses(transformer("layer", "pre"))
    assert one == two == three


def test_the_loss_equals_the_mean_over_real_tokens_counted_one_by_one() -> None:
    model = transformer("layer", "pre", "model.dropout=0.5").train()
    nats = []
    with torch.no_grad(), held(model, training=False):
        for batch in TRAINING:
            scores = logits(model, option("mask", "paper"), batch).log_softmax(-1)
            _, _, _, real, labels = teacher_forced(batch)
            nats += [-float(scores[b, t, labels[b, t]]) for b, t in real.nonzero().tolist()]
    assert losses(model)[0] == pytest.approx(sum(nats) / len(nats), rel=1e-5)


@pytest.mark.parametrize("norm", ["batch", "power_v", "regularized_batch"])
def test_spoiled_running_statistics_cost_what_estimating_them_anew_repairs(norm: str) -> None:
    model = transformer(norm, "pre")
    learn(model)
    for module in model.modules():
        for name, buffer in module.named_buffers(recurse=False):
            if isinstance(module, Norm) and buffer.is_floating_point():
                setattr(module, name, buffer * 20 + 1)
    running, batch, repaired = losses(model)
    assert running > batch + 0.5
    assert repaired < running - 0.5


def learn(model: Transformer) -> None:
    """A few steps on the training batches, so that their loss is low."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(20):
        for batch in TRAINING:
            _, _, _, real, labels = teacher_forced(batch)
            scores = logits(model, option("mask", "paper"), batch)
            optimizer.zero_grad()
            F.cross_entropy(scores[real], labels[real]).backward()
            optimizer.step()
    optimizer.zero_grad()


@pytest.mark.parametrize("passes", [1, 3])
def test_estimated_anew_the_statistics_are_the_average_of_the_batches(passes: int) -> None:
    model = transformer("batch", "pre")
    spoil(model)
    rules = option("mask", "paper")
    seen = record(model, rules, TRAINING)
    with reestimated(model, rules, TRAINING, passes=passes):
        for name, per_batch in seen.items():
            norm = model.get_submodule(name)
            mean = sum(given.mean for given in per_batch) / len(per_batch)
            variance = sum(given.variance for given in per_batch) / len(per_batch)
            torch.testing.assert_close(norm.running_mean, mean, rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(norm.running_var, variance, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("norm", names("norm"))
def test_statistics_leaves_the_model_as_it_found_it(norm: str) -> None:
    model = transformer(norm, "pre", *SHALLOW, "model.dropout=0.1").train()
    spoil(model)
    before, plain = everything(model), momenta(model)
    rows_of(model)
    assert changed(before, model) == []
    assert momenta(model) == plain


def momenta(model: nn.Module) -> list[object]:
    return [vars(module).get("momentum") for module in model.modules()]
