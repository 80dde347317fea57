"""A decoder that sees the past alone loses the same whatever comes later."""

import pytest

from tests.model.build import transformer
from tests.probes.subjects import NOWHERE, SHALLOW, a_batch, changed, everything, subject
from whynorm.model.transformer import Transformer
from whynorm.probes.foresight import foresight
from whynorm.probes.loss import mean_loss

LOSSES = ("loss", "loss_prefix_alone", "loss_other_words")


def losses(model: Transformer, mask: str = "paper", side: str = "right") -> dict[str, list[float]]:
    """The three losses in each mode."""
    given = [a_batch(0, side=side), a_batch(1, (6, 2, 6, 4), side=side)]
    rows = foresight(subject(model, mask=mask, validation=given), NOWHERE)
    return {str(row["norms"]): [float(row[name]) for name in LOSSES] for row in rows}


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("norm", ["layer", "rms", "group"])
def test_what_comes_later_changes_nothing_for_a_norm_over_features(norm: str, side: str) -> None:
    for found in losses(transformer(norm, "post", *SHALLOW), side=side).values():
        assert found == pytest.approx([found[0]] * 3, rel=1e-5)


@pytest.mark.parametrize("mode", ["training", "evaluating"])
def test_what_comes_later_counts_for_instance_norm_in_both_modes(mode: str) -> None:
    whole, alone, others = losses(transformer("instance", "post", *SHALLOW))[mode]
    assert abs(alone - whole) > 1e-3 and abs(others - whole) > 1e-3


def test_what_comes_later_counts_for_batch_norm_while_it_trains() -> None:
    found = losses(transformer("batch", "post", *SHALLOW))
    whole, alone, others = found["training"]
    assert abs(alone - whole) > 1e-3 and abs(others - whole) > 1e-3
    assert found["evaluating"] == pytest.approx([found["evaluating"][0]] * 3, rel=1e-5)


def test_what_comes_later_counts_without_the_look_ahead_mask() -> None:
    whole, alone, others = losses(transformer("layer", "post", *SHALLOW), "no_look_ahead")[
        "evaluating"
    ]
    assert abs(alone - whole) > 1e-3 and abs(others - whole) > 1e-3


@pytest.mark.parametrize("training", [True, False])
def test_the_first_loss_is_the_teacher_forced_one(training: bool) -> None:
    model = transformer("instance", "post", *SHALLOW)
    examined = subject(model)
    row = foresight(examined, NOWHERE)[0 if training else 1]
    one = examined.examined()
    assert row["loss"] == pytest.approx(
        mean_loss(model, one.rules, one.batches, training=training), rel=1e-6
    )


def test_the_model_is_left_as_it_was() -> None:
    model = transformer("batch", "post", *SHALLOW)
    before = everything(model)
    foresight(subject(model), NOWHERE)
    assert changed(before, model) == []
