import pytest
import torch

from tests.model.build import transformer
from tests.options import names as options
from tests.training.tiny import tiny_model
from whynorm.training.parameters import parameter_groups


def names(group: int) -> set[str]:
    model = tiny_model()
    chosen = {id(parameter) for parameter in parameter_groups(model)[group]["params"]}
    return {name for name, parameter in model.named_parameters() if id(parameter) in chosen}


def test_every_parameter_is_in_one_group() -> None:
    assert names(0) | names(1) == {name for name, _ in tiny_model().named_parameters()}
    assert not names(0) & names(1)


def test_norms_biases_and_embeddings_do_not_decay() -> None:
    kept = ("bias", "placement", "embedding")
    assert all(any(word in name for word in kept) for name in names(1))


@pytest.mark.parametrize("placement", options("placement"))
def test_what_a_placement_learns_does_not_decay(placement: str) -> None:
    model = transformer("layer", placement)
    decaying = {id(parameter) for parameter in parameter_groups(model)[0]["params"]}
    placed = [p for n, p in model.named_parameters() if "placement" in n]
    assert not any(id(parameter) in decaying for parameter in placed)


def test_matrices_of_attention_and_feed_forward_decay() -> None:
    assert {name.split(".")[-2] for name in names(0)} == {
        "query_key_value",
        "output",
        "inner",
        "outer",
    }


def test_decay_moves_a_matrix_and_no_norm_when_gradients_are_zero() -> None:
    model = tiny_model()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    torch.optim.AdamW(parameter_groups(model), lr=0.1, weight_decay=0.5).step()
    after, matrix = model.state_dict(), "encoder.layers.0.feed_forward.inner.weight"
    torch.testing.assert_close(after[matrix], 0.95 * before[matrix])
    norm = "encoder.placement.norms.0.0.weight"
    assert torch.equal(after[norm], before[norm])
