"""Whether a later target token moves earlier scores, over norms, placements, masks and fills."""

from copy import deepcopy

import pytest
import torch

from tests.choosing import crossed
from tests.model.build import SIZE, awake, example, transformer
from tests.norms.catalogue import VARIANTS, Variant
from tests.options import names, option
from whynorm.model.embedding import Tokens
from whynorm.model.transformer import Choices, Transformer

PLACEMENTS = names("placement")
USUAL = ("paper", "post")
CAUSAL = [name for name in names("mask") if option("mask", name).causal]
# Every combination is asked; those that show most of what there is to see are asked each time.
QUICK_MASKS, QUICK_PLACEMENTS = ("paper", "peek"), ("post", "pre")
COMBINATIONS = [
    pytest.param(
        placement,
        mask,
        marks=() if mask in QUICK_MASKS and placement in QUICK_PLACEMENTS else pytest.mark.long,
    )
    for placement in PLACEMENTS
    for mask in names("mask")
]


def built(variant: Variant, placement: str) -> Transformer:
    norm = option("norm", variant.option, *variant.overrides)
    parts = (
        option("placement", placement),
        option("mask_fill", "fused"),
        option("qk_norm", "none"),
    )
    choices = Choices(norm, norm, *parts)
    model = option("model", "nano", *SIZE)(Tokens(30, 30, False), choices)
    model.initialise(1)
    return awake(model)


def early_change(model: Transformer, mask: str) -> float:
    """Largest change of the first two real tokens' logits when the third token is edited."""
    source, target, source_real, target_real = example()
    masks = option("mask", mask)(source_real, target_real)
    edited = target.clone()
    edited[:, 2] = (edited[:, 2] - 3) % 26 + 4
    with torch.no_grad():
        # each pass by a model of its own: in training, the first one moves running statistics
        change = deepcopy(model)(source, target, masks) - deepcopy(model)(source, edited, masks)
    return float(change[:, :2].abs().max())


@pytest.mark.parametrize(("placement", "mask"), COMBINATIONS)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
def test_the_future_leaks_exactly_where_the_mask_or_the_norm_lets_it(
    placement: str, training: bool, mask: str
) -> None:
    def leaks(variant: Variant) -> bool:
        return early_change(built(variant, placement).train(training), mask) > 1e-6

    def expected(variant: Variant) -> bool:
        return mask not in CAUSAL or (variant.training if training else variant.evaluating)[0]

    found = {str(variant): leaks(variant) for variant in VARIANTS}
    assert found == {str(variant): expected(variant) for variant in VARIANTS}


@pytest.mark.parametrize(("mask", "placement"), crossed(names("mask"), PLACEMENTS, USUAL))
def test_the_future_leaks_exactly_where_the_mask_is_not_causal(mask: str, placement: str) -> None:
    assert (early_change(transformer("layer", placement), mask) > 1e-6) == (mask not in CAUSAL)


@pytest.mark.parametrize("fill", names("mask_fill"))
def test_the_future_leaks_through_a_perfect_mask_only_where_weights_are_multiplied_by_it(
    fill: str,
) -> None:
    assert (early_change(transformer(fill=fill), "paper") > 1e-6) == (fill == "multiply")


@pytest.mark.parametrize(("placement", "mask"), COMBINATIONS)
def test_batch_norm_in_the_encoder_alone_leaves_the_decoder_causal(
    placement: str, mask: str
) -> None:
    model = transformer("batch", placement, decoder_norm="layer")
    assert (early_change(model, mask) > 1e-6) == (mask not in CAUSAL)
