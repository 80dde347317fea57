import pytest
import torch
from torch import nn

from tests.model.build import transformer
from tests.options import names, option
from tests.probes.subjects import (
    NOWHERE,
    SHALLOW,
    a_batch,
    changed,
    everything,
    spoil,
    subject,
)
from whynorm.data.batch import teacher_forced
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.probes.edits import Reader, more_padding, trim
from whynorm.probes.leakage import leakage

MODES = ("training", "evaluating")


def found(model: Transformer, mask: str = "paper") -> dict[tuple[str, str], bool]:
    """Which edit leaks in which mode."""
    rows = leakage(subject(model, mask=mask, validation=[a_batch(0)]), NOWHERE)
    return {(str(row["edit"]), str(row["norms"])): bool(row["leaks"]) for row in rows}


def leaking(model: Transformer, mask: str = "paper") -> set[tuple[str, str]]:
    return {edit for edit, leaks in found(model, mask).items() if leaks}


def both(*edits: str) -> set[tuple[str, str]]:
    return {(edit, mode) for edit in edits for mode in MODES}


@pytest.mark.parametrize("placement", names("placement"))
def test_nothing_moves_a_model_of_layer_norms_under_the_papers_masks(placement: str) -> None:
    assert leaking(transformer("layer", placement, *SHALLOW)) == set()


def test_instance_statistics_let_the_future_in_and_nothing_else() -> None:
    assert leaking(transformer("instance", "pre", *SHALLOW)) == both("later token edited")


def test_batch_statistics_let_the_future_and_other_sentences_in_while_training() -> None:
    seen = {"later token edited", "batch mates swapped", "sentence alone"}
    assert leaking(transformer("batch", "pre", *SHALLOW)) == {(edit, "training") for edit in seen}


def test_batch_statistics_that_count_padding_see_all_while_training() -> None:
    model = transformer("layer", "pre", *SHALLOW)
    for norms in (model.encoder.placement, model.decoder.placement):
        replace(norms, "batch", "norm.count_padding=true")
    assert leaking(model) == {(edit, "training") for edit, _ in found(model)}


def replace(module: nn.Module, norm: str, *overrides: str) -> None:
    """Put another norm in the place of every one inside the module."""
    for name, child in module.named_children():
        if isinstance(child, Norm):
            setattr(module, name, option("norm", norm, *overrides)(16))
        else:
            replace(child, norm, *overrides)


@pytest.mark.parametrize("mask", ["no_look_ahead", "peek"])
def test_a_mask_that_shows_the_future_is_caught(mask: str) -> None:
    assert leaking(transformer("layer", "pre", *SHALLOW), mask) == both("later token edited")


PADDING = (
    "padding added on the right",
    "padding added on the left",
    "padding trimmed",
    "sentence alone",
    "padding poisoned",
)


@pytest.mark.parametrize("mask", ["no_cross_padding", "no_encoder_padding", "no_padding"])
def test_a_missing_padding_mask_is_caught_by_every_edit_of_padding(mask: str) -> None:
    assert leaking(transformer("layer", "pre", *SHALLOW), mask) == both(*PADDING)


def test_the_decoders_padding_mask_is_redundant_unless_padding_stands_on_the_left() -> None:
    seen = leaking(transformer("layer", "pre", *SHALLOW), "no_decoder_padding")
    assert seen == both("padding added on the left")


def test_weights_set_to_zero_after_the_softmax_leak_through_perfect_masks() -> None:
    seen = leaking(transformer("layer", "pre", *SHALLOW, fill="multiply"))
    assert seen == both("later token edited", *PADDING)


def test_padding_on_the_left_breaks_a_fill_of_minus_infinity() -> None:
    rows = leakage(subject(transformer("layer", "pre", fill="minus_infinity")), NOWHERE)
    broken = {row["edit"] for row in rows if row["largest_change"] == float("inf")}
    assert broken == {"padding added on the left"}


def test_the_change_equals_that_of_editing_every_later_token_one_by_one() -> None:
    model, batch = transformer("instance", "pre", *SHALLOW), a_batch(0, [6, 4])
    rows = leakage(subject(model, validation=[batch]), NOWHERE, sentences=4, positions=99)
    reader = Reader(model, option("mask", "paper"), training=False)
    before, real = reader(batch), teacher_forced(batch).real
    largest = 0.0
    for sentence, place in real.nonzero().tolist():
        target = batch.target.clone()
        target[sentence, place] = (target[sentence, place] - 4 + 13) % 26 + 4
        after = reader(batch._replace(target=target))
        if place > 0:
            change = (after - before)[sentence, :place].abs().max()
            largest = max(largest, float(change))
    [row] = [r for r in rows if (r["edit"], r["norms"]) == ("later token edited", "evaluating")]
    assert row["largest_change"] == pytest.approx(largest, rel=1e-6)


def test_a_batch_of_one_sentence_has_no_mates_to_compare() -> None:
    rows = leakage(subject(transformer("batch"), validation=[a_batch(0, [5])]), NOWHERE)
    compared = {row["edit"]: row["positions"] for row in rows}
    assert compared["batch mates swapped"] == compared["padding trimmed"] == 0
    assert compared["later token edited"] != 0


def test_trimming_undoes_added_padding() -> None:
    batch = a_batch(0)
    for side in ("left", "right"):
        again = trim(more_padding(batch, 3, side))
        assert torch.equal(again.source, batch.source)
        assert torch.equal(again.target, batch.target)


@pytest.mark.parametrize("norm", names("norm"))
def test_leakage_leaves_the_model_as_it_found_it(norm: str) -> None:
    model = transformer(norm, "pre", *SHALLOW, "model.dropout=0.1").train()
    spoil(model)
    before = everything(model)
    leakage(subject(model, validation=[a_batch(0)]), NOWHERE, sentences=1, positions=1)
    assert changed(before, model) == []


def test_every_reading_starts_from_the_same_statistics_without_dropout() -> None:
    model = transformer("batch", "pre", "model.dropout=0.5").train()
    reader = Reader(model, option("mask", "paper"), training=True)
    assert torch.equal(reader(a_batch(0)), reader(a_batch(0)))
