"""Fluctuation, discrepancy and loss, against the tokens that reach each norm, one by one."""

import math
from collections.abc import Sequence

import numpy
import pytest
from torch import nn

from tests.model.build import transformer
from tests.options import names
from tests.probes.subjects import (
    NOWHERE,
    SHALLOW,
    SHORT,
    a_batch,
    batches,
    changed,
    discrepancies,
    every_loss,
    everything,
    learn,
    remembering,
    spoil,
    subject,
    tokens_at_norms,
)
from whynorm.data.batch import Batch
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.probes.statistics import statistics
from whynorm.probes.subject import Row

TRAINING = [*batches(10), *SHORT]
FORMER, LATTER = TRAINING[:2], TRAINING[2:]
EPS = 1e-5
TID = ("tid_mean", "tid_variance", "tid_mean_by_feature", "tid_variance_by_feature")
FLUCTUATION = ("fluctuation_mean", "fluctuation_variance")


def rows_of(model: Transformer, **given: Sequence[Batch]) -> list[Row]:
    return statistics(subject(model, training=given.get("training", TRAINING)), NOWHERE)


@pytest.mark.parametrize("norm", ["layer", "batch", "instance"])
def test_equal_batches_neither_fluctuate_nor_differ_from_each_other(norm: str) -> None:
    rows = rows_of(transformer(norm, "pre"), training=[a_batch(0)] * 2)
    training = [row for row in rows if row["batches"] == "training"]
    assert max(float(row[key]) for row in training for key in TID + FLUCTUATION) < 1e-6


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_a_training_batch_is_measured_against_all_tokens_of_the_others(norm: str) -> None:
    model = transformer(norm, "pre")
    rows = {row["norm"]: row for row in rows_of(model) if row["batches"] == "training"}
    for name, parts in tokens_at_norms(model, TRAINING).items():
        others = [
            numpy.concatenate([*parts[:index], *parts[index + 1 :]]) for index in range(len(parts))
        ]
        each = [
            discrepancies(*both) for both in zip(parts, others, strict=True) if len(both[0]) > 1
        ]
        assert [rows[name][key] for key in TID] == pytest.approx(numpy.mean(each, 0), rel=1e-3)


@pytest.mark.parametrize("norm", ["layer", "batch"])
def test_a_validation_batch_is_measured_against_all_tokens_of_training(norm: str) -> None:
    model = transformer(norm, "pre")
    rows = {row["norm"]: row for row in rows_of(model) if row["batches"] == "validation"}
    training = tokens_at_norms(model, TRAINING)
    for name, parts in tokens_at_norms(model, batches()).items():
        each = [discrepancies(part, numpy.concatenate(training[name])) for part in parts]
        assert [rows[name][key] for key in TID] == pytest.approx(numpy.mean(each, 0), rel=1e-3)


def test_running_statistics_begin_at_the_others_and_move_with_the_batches_before() -> None:
    model = transformer("layer", "pre")
    three = [*FORMER, a_batch(5, [4, 3])]
    parts = next(iter(tokens_at_norms(model, three).values()))
    expected = []
    for index, part in enumerate(parts):
        others = numpy.concatenate([*parts[:index], *parts[index + 1 :]])
        mean, variance = others.mean(0), others.var(0, ddof=1)
        for earlier in parts[:index]:
            mean = 0.9 * mean + 0.1 * earlier.mean(0)
            variance = 0.9 * variance + 0.1 * earlier.var(0, ddof=1)
        apart = math.sqrt(sum((part.mean(0) - mean) ** 2))
        expected.append(apart / math.sqrt(sum(variance + EPS)))
    row = rows_of(model, training=three)[0]
    assert row["fluctuation_mean"] == pytest.approx(sum(expected) / 3, rel=1e-4)


def test_a_batch_of_one_token_is_skipped_and_counted() -> None:
    rows = rows_of(transformer("layer", "pre"), training=TRAINING)
    skipped = {(str(row["norm"])[:7], row["batches"]): row["skipped"] for row in rows}
    assert skipped["encoder", "training"] == 1
    assert skipped["decoder", "training"] == 0
    assert skipped["encoder", "validation"] == 0
    assert max(float(row["tid_mean_by_feature"]) for row in rows) < 3


def test_a_training_batch_without_others_has_no_numbers_that_are_out_of_sample() -> None:
    row, validation, *_ = rows_of(transformer("layer", "pre"), training=[a_batch(0)])
    unknown = {key for key, value in row.items() if value != value}
    assert unknown == {*TID, *FLUCTUATION, "loss_reestimated_held_out"}
    assert not any(value != value for value in validation.values())


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


@pytest.mark.long
def test_the_population_is_the_same_for_arms_that_feed_their_first_norm_alike() -> None:
    first = [rows_of(transformer(norm, "pre"))[0] for norm in ("layer", "batch", "instance")]
    assert len({float(row["tid_variance"]) for row in first}) == 1


def losses(model: Transformer) -> list[float]:
    """Under running, batch and re-estimated statistics, on the training batches."""
    [row, *_] = rows_of(model)
    which = ("running", "batch", "reestimated_held_out")
    return [float(row[f"loss_{one}"]) for one in which]


def test_the_three_losses_of_layer_norms_are_one() -> None:
    one, two, three = losses(transformer("layer", "pre"))
    assert one == two == pytest.approx(three, rel=1e-12)


def test_the_loss_equals_the_mean_over_real_tokens_counted_one_by_one() -> None:
    model = transformer("layer", "pre", "model.dropout=0.5").train()
    nats = every_loss(model, TRAINING)
    assert losses(model)[0] == pytest.approx(sum(nats) / len(nats), rel=1e-5)


def test_the_reestimated_loss_of_each_half_of_training_is_with_the_others_statistics() -> None:
    model = transformer("batch", "pre")
    nats = every_loss(remembering(model, LATTER), FORMER)
    nats += every_loss(remembering(model, FORMER), LATTER)
    assert losses(model)[2] == pytest.approx(sum(nats) / len(nats), rel=1e-4)


def test_the_reestimated_loss_of_validation_is_that_with_statistics_of_all_of_training() -> None:
    model = transformer("batch", "pre")
    nats = every_loss(remembering(model, TRAINING), batches())
    found = rows_of(model)[1]["loss_reestimated_held_out"]
    assert found == pytest.approx(sum(nats) / len(nats), rel=1e-4)


@pytest.mark.parametrize(("updates", "follows"), [(0, False), (10**6, True)])
@pytest.mark.long
def test_after_warm_up_powers_loss_in_training_follows_the_running_mean(
    updates: int, follows: bool
) -> None:
    model = transformer("power", "pre")
    before = losses(model)[1]
    for name, buffer in model.named_buffers():
        if name.endswith("updates"):
            buffer.fill_(updates)
        if name.endswith("phi"):
            buffer.fill_(9.0)
    assert (abs(losses(model)[1] - before) > 0.01) == follows


@pytest.mark.long
@pytest.mark.parametrize("norm", ["batch", "power_v", "regularized_batch"])
def test_spoiled_running_statistics_cost_what_estimating_them_anew_repairs(norm: str) -> None:
    model = transformer(norm, "pre")
    learn(model, TRAINING)
    for module in model.modules():
        for name, buffer in module.named_buffers(recurse=False):
            if isinstance(module, Norm) and buffer.is_floating_point():
                setattr(module, name, buffer * 20 + 1)
    running, batch, repaired = losses(model)
    assert running > batch + 0.5
    assert repaired < running - 0.5


@pytest.mark.long
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
