import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.model.build import transformer
from tests.options import names, option
from tests.probes.subjects import SHALLOW, a_batch, changed, everything, spoil, subject
from whynorm.data.batch import teacher_forced
from whynorm.model.transformer import Transformer
from whynorm.probes.edits import more_padding
from whynorm.probes.flow import flow, observed
from whynorm.probes.subject import Row, logits

DEEP = ("model.encoder_layers=4", "model.decoder_layers=4")


def rows_of(model: Transformer, folder: Path) -> list[Row]:
    return flow(subject(model), folder)


def column(rows: list[Row], name: str, stack: str) -> list[float]:
    return [float(row[name]) for row in rows if row["stack"] == stack]


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_branches_of_zero_weights_keep_the_variance_of_the_stream(
    stack: str, tmp_path: Path
) -> None:
    model = transformer("layer", "pre", *DEEP)
    for name, parameter in model.named_parameters():
        if name.endswith(("attention.output.weight", "feed_forward.outer.weight")):
            nn.init.zeros_(parameter)
    rows = rows_of(model, tmp_path)
    entering = column(rows, "variance_entering", stack)
    assert column(rows, "variance_leaving", stack) == pytest.approx(entering, rel=1e-6)
    assert column(rows, "feed_forward_output_ratio", stack) == [0.0] * 4
    assert max(column(rows, "change_ratio", stack)) < 1e-6


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_the_stream_grows_from_layer_to_layer_where_norms_stand_on_the_branch(
    stack: str, tmp_path: Path
) -> None:
    variances = column(
        rows_of(transformer("layer", "pre", *DEEP), tmp_path), "variance_leaving", stack
    )
    assert variances == sorted(variances)
    assert variances[-1] > 1.5 * variances[0]


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_the_stream_keeps_variance_one_where_norms_stand_on_the_stream(
    stack: str, tmp_path: Path
) -> None:
    rows = rows_of(transformer("layer", "post", *DEEP), tmp_path)
    assert column(rows, "variance_leaving", stack) == pytest.approx([1.0] * 4, abs=1e-3)


def test_the_measures_of_a_layer_equal_what_is_computed_by_hand(tmp_path: Path) -> None:
    model = transformer("layer", "pre")
    given: dict[str, Any] = {}
    batch = subject(model).examined().training_batches[0]
    feed_forward = model.encoder.layers[0].get_submodule("feed_forward")
    model.encoder.placement.register_forward_hook(keep(given, "layer"))
    feed_forward.register_forward_hook(keep(given, "branch"))
    row = rows_of(model, tmp_path)[0]
    (_, entering, real, _), leaving = given["layer"]
    before, after, branch = (
        [states.detach()[b, t] for b, t in real.nonzero().tolist()]
        for states in (entering, leaving, given["branch"][1])
    )
    assert len(before) == int((batch.source != 0).sum())
    assert row["variance_entering"] == pytest.approx(variance(before), rel=1e-5)
    assert row["variance_leaving"] == pytest.approx(variance(after), rel=1e-5)
    assert row["feed_forward_output_ratio"] == pytest.approx(size(branch) / size(before), rel=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("placement", names("placement"))
def test_the_change_of_a_layer_equals_what_leaves_minus_what_enters(
    placement: str, tmp_path: Path
) -> None:
    model = transformer("layer", placement)
    given: dict[str, Any] = {}
    model.encoder.placement.register_forward_hook(keep(given, "layer"))
    row = rows_of(model, tmp_path)[0]
    (_, before, real, _), after = given["layer"]
    if placement == "residual":  # of its two streams, the one that sub-layers read
        before, after = before[0], after[0]
    places = real.nonzero().tolist()
    change = size([(after - before).detach()[b, t] for b, t in places])
    entering = size([before.detach()[b, t] for b, t in places])
    assert row["change_ratio"] == pytest.approx(change / entering, rel=1e-5)


def test_at_first_rezero_changes_nothing_whatever_its_sublayers_return(tmp_path: Path) -> None:
    model = transformer("layer", "rezero")
    for name, parameter in model.named_parameters():
        if ".placement.a" in name:
            nn.init.zeros_(parameter)
    rows = rows_of(model, tmp_path)
    assert {row["change_ratio"] for row in rows} == {0.0}
    assert min(float(row["feed_forward_output_ratio"]) for row in rows) > 0.1


def keep(given: dict[str, Any], name: str) -> Callable[..., None]:
    """A hook that keeps the first input and output that it sees."""

    def hook(module: nn.Module, x: tuple[Any, ...], y: Tensor) -> None:
        given.setdefault(name, (x, y))

    return hook


def variance(tokens: list[Tensor]) -> float:
    every = [float(number) for token in tokens for number in token]
    mean = sum(every) / len(every)
    return sum((number - mean) ** 2 for number in every) / len(every)


def size(tokens: list[Tensor]) -> float:
    every = [float(number) for token in tokens for number in token]
    return math.sqrt(sum(number**2 for number in every) / len(every))


@pytest.mark.long
def test_padding_never_enters(tmp_path: Path) -> None:
    model = transformer("layer", "pre")
    batch = a_batch(0)
    padded = more_padding(batch, 5, "right")
    one, two = (flow(subject(model, training=[given]), tmp_path) for given in (batch, padded))
    for a, b in zip(one, two, strict=True):
        assert list(a.values())[2:] == pytest.approx(list(b.values())[2:], rel=1e-4, nan_ok=True)


@pytest.mark.parametrize("qk_norm", ["none", "layer"])
def test_gradient_norms_equal_those_that_torch_takes(qk_norm: str, tmp_path: Path) -> None:
    model = transformer("layer", "pre", qk_norm=qk_norm)
    rows = rows_of(model, tmp_path)
    batch = subject(model).examined().training_batches[0]
    _, _, _, real, labels = teacher_forced(batch)
    scores = logits(model.eval(), option("mask", "paper"), batch)
    F.cross_entropy(scores[real], labels[real]).backward()
    for stack, layers in (("encoder", model.encoder.layers), ("decoder", model.decoder.layers)):
        expected = [
            float(nn.utils.clip_grad_norm_(layer.parameters(), math.inf)) for layer in layers
        ]
        assert column(rows, "gradient_norm", stack) == pytest.approx(expected, rel=1e-4)


@pytest.mark.long
def test_norms_of_queries_and_keys_count_in_the_gradient_and_those_of_a_placement_do_not(
    tmp_path: Path,
) -> None:
    model = transformer("layer", "pre", qk_norm="layer")
    inside = {name for name, _ in model.encoder.layers[0].named_parameters()}
    assert any("qk_norm" in name for name in inside)
    before = column(rows_of(model, tmp_path), "gradient_norm", "encoder")
    for name, parameter in model.encoder.named_parameters():
        parameter.requires_grad_("placement" not in name)
    assert column(rows_of(model, tmp_path), "gradient_norm", "encoder") == before
    for name, parameter in model.encoder.named_parameters():
        parameter.requires_grad_("qk_norm" not in name)
    after = column(rows_of(model, tmp_path), "gradient_norm", "encoder")
    assert all(a < b for a, b in zip(after, before, strict=True))


@pytest.mark.parametrize("placement", names("placement"))
def test_every_placement_can_be_watched(placement: str) -> None:
    found = observed(subject(transformer("layer", placement)).examined())
    assert len(found) == 2 * 9 + 2 * 10  # layers of the encoder and of the decoder, measures
    assert all(math.isfinite(value) for value in found.values())


def test_an_encoder_has_no_cross_attention_to_measure(tmp_path: Path) -> None:
    rows = rows_of(transformer(), tmp_path)
    assert all(
        math.isnan(ratio) for ratio in column(rows, "cross_attention_output_ratio", "encoder")
    )
    assert all(ratio > 0 for ratio in column(rows, "cross_attention_output_ratio", "decoder"))


@pytest.mark.parametrize("norm", names("norm"))
def test_flow_leaves_the_model_as_it_found_it(norm: str) -> None:
    model = transformer(norm, "pre", *SHALLOW, "model.dropout=0.1").train()
    spoil(model)
    before = everything(model)
    observed(subject(model).examined())
    assert changed(before, model) == []


def test_gradients_that_wait_for_an_update_are_left_to_it() -> None:
    model = transformer("layer", "pre", *SHALLOW)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    before = everything(model)
    observed(subject(model).examined())
    assert changed(before, model) == []


def test_the_picture_is_written_beside_the_table(tmp_path: Path) -> None:
    rows_of(transformer(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["flow.png", "flow.svg"]
