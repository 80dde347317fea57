"""What the logits of the whole model may depend on, and what they equal."""

import pytest
import torch
from torch import Tensor

from tests.model.build import example, logits, transformer
from tests.options import names, option
from whynorm.model.embedding import SinusoidalPositions, Tokens
from whynorm.model.transformer import Choices

PLACEMENTS = names("placement")
CAUSAL = [name for name in names("mask") if option("mask", name).causal]


def test_the_decoders_padding_mask_is_redundant_under_look_ahead_and_right_padding() -> None:
    model = transformer()
    real = example()[3]
    difference = (logits(model) - logits(model, "no_decoder_padding"))[real]
    assert not difference.any()


def test_leaving_the_cross_attentions_padding_mask_out_changes_real_outputs() -> None:
    model = transformer()
    real = example()[3]
    difference = (logits(model) - logits(model, "no_cross_padding"))[real]
    assert float(difference.detach().abs().max()) > 1e-3


@pytest.mark.parametrize("mask", ["paper", "window", "no_decoder_padding"])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_more_padding_leaves_layer_norms_logits_alone(placement: str, mask: str) -> None:
    model = transformer("layer", placement)
    source, target, source_real, target_real = example()
    rules = option("mask", mask)
    longer = [torch.nn.functional.pad(part, (0, 3)) for part in (source, target)]
    reals = [torch.nn.functional.pad(part, (0, 3)) for part in (source_real, target_real)]
    before = model(source, target, rules(source_real, target_real))
    after = model(*longer, rules(*reals))[:, :5]
    torch.testing.assert_close(after[target_real], before[target_real])


def flipped(ids: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
    """The same sentences, padded on the left."""
    moved = [row.roll(int((~kept).sum())) for row, kept in zip(ids, real, strict=True)]
    return torch.stack(moved), real.flip(1)


def test_padding_on_the_left_leaves_the_logits_of_real_tokens_alone() -> None:
    model = transformer()
    source, target, source_real, target_real = example()
    rules = option("mask", "paper")
    before = model(source, target, rules(source_real, target_real))[target_real]
    left_source, left_source_real = flipped(source, source_real)
    left_target, left_target_real = flipped(target, target_real)
    after = model(left_source, left_target, rules(left_source_real, left_target_real))
    torch.testing.assert_close(after[left_target_real], before)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_models_that_differ_in_the_norm_start_from_the_same_weights(placement: str) -> None:
    layer = transformer("layer", placement).state_dict()
    batch = transformer("batch", placement).state_dict()
    assert all(torch.equal(layer[name], batch[name]) for name in layer)


def test_another_seed_draws_other_weights() -> None:
    one, two = transformer(), transformer()
    two.initialise(2)
    weight = "encoder.layers.0.feed_forward.inner.weight"
    assert not torch.equal(one.state_dict()[weight], two.state_dict()[weight])


def test_a_joint_vocabulary_shares_one_table_for_source_target_and_output() -> None:
    embedding = transformer(joint=True).embedding
    assert embedding.source_table.weight is embedding.target_table.weight
    assert embedding.output.weight is embedding.target_table.weight


def test_untied_tables_are_three() -> None:
    embedding = transformer("layer", "post", "model.embedding.tied=false", joint=True).embedding
    tables = (embedding.source_table, embedding.target_table, embedding.output)
    assert len({id(table.weight) for table in tables}) == 3


def test_heads_that_do_not_divide_the_width_are_refused_with_the_choices() -> None:
    with pytest.raises(Exception, match=r"heads=3 does not divide model.d_model=16"):
        transformer("layer", "post", "model.heads=3")


def test_a_sentence_beyond_the_learnt_positions_is_refused_with_both_lengths() -> None:
    model = transformer(
        "layer",
        "post",
        "model/embedding=learned",
        "model.embedding.positions.maximum_length=4",
    )
    with pytest.raises(ValueError, match=r"6 tokens.*maximum_length=4"):
        logits(model)


def test_the_sinusoids_of_one_position_alone_are_those_among_others() -> None:
    positions = SinusoidalPositions(16)
    among = positions(torch.arange(7)[None], 7)[:, 5:6]
    torch.testing.assert_close(positions(torch.tensor([[5]]), 6), among)


def test_sinusoidal_positions_equal_the_papers_formula() -> None:
    positions = transformer().embedding.source_positions
    table = positions(torch.arange(7)[None], 7)[0]
    expected = [
        [
            torch.tensor(p / 10000 ** (2 * (i // 2) / 16)).sin()
            if i % 2 == 0
            else torch.tensor(p / 10000 ** (2 * (i // 2) / 16)).cos()
            for i in range(16)
        ]
        for p in range(7)
    ]
    torch.testing.assert_close(table, torch.tensor(expected))


def test_the_tutorial_model_untied_has_as_many_parameters_as_the_reference_notebooks() -> None:
    options = ("model.embedding.tied=false", "model.embedding.positions.maximum_length=100")
    layer = option("norm", "layer")
    parts = (option("placement", "post"), option("mask_fill", "fused"), option("qk_norm", "none"))
    choices = Choices(layer, layer, *parts)
    model = option("model", "tutorial", *options)(Tokens(7855, 5893, False), choices)
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 2) == 9.04


def test_learnt_positions_start_as_large_as_the_sinusoids() -> None:
    learned = transformer("layer", "post", "model/embedding=learned").state_dict()
    size = learned["embedding.source_positions.table.weight"].square().mean().sqrt()
    sines = SinusoidalPositions(16)(torch.arange(200)[None], 200)
    torch.testing.assert_close(size, sines.square().mean().sqrt(), rtol=0.05, atol=0)
