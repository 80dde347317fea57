"""How large weights start under each placement, measured on built models."""

import pytest
import torch
from torch import Tensor

from tests.model.build import SIZE
from tests.options import names, option
from whynorm.model.embedding import Tokens
from whynorm.model.transformer import Choices, Transformer

N, M = 3, 5
# of value, output and feed-forward matrices in encoder and decoder, and of the embeddings
EXPECTED = {
    "deepnorm": (0.87 * (N**4 * M) ** (-1 / 16), (12 * M) ** (-1 / 4), 1.0),
    "t_fixup": (0.67 * N ** (-1 / 4), (9 * M) ** (-1 / 4), (9 * M) ** (-1 / 4)),
}
PARTS = ("inner.weight", "outer.weight", "output.weight", "query_key_value.weight")


def built(placement: str, joint: bool = False) -> Transformer:
    """A model of three and five layers at its first weights."""
    layer = option("norm", "layer")
    parts = [
        option("placement", placement),
        option("mask_fill", "fused"),
        option("qk_norm", "none"),
    ]
    depth = (f"model.encoder_layers={N}", f"model.decoder_layers={M}")
    choices = Choices(layer, layer, *parts)
    model = option("model", "nano", *SIZE, *depth)(Tokens(30, 30, joint), choices)
    model.initialise(1)
    return model


def factors(placement: str) -> dict[str, float]:
    """By what each matrix of a model differs from that of the paper's placement."""
    plain, found = built("post").state_dict(), {}
    for name, weight in built(placement).state_dict().items():
        if name.endswith(PARTS) and "embedding" not in name:
            for part, (ours, theirs) in enumerate(
                zip(split(weight, name), split(plain[name], name), strict=True)
            ):
                found[f"{name}[{part}]"] = ratio(ours, theirs)
    return found


def split(weight: Tensor, name: str) -> tuple[Tensor, ...]:
    """Queries, keys and values apart where they are stacked."""
    return weight.chunk(3) if "query_key_value" in name else (weight,)


def ratio(ours: Tensor, theirs: Tensor) -> float:
    """The one factor between two matrices."""
    every = ours.detach() / theirs.detach()
    torch.testing.assert_close(every, every.mean().expand_as(every))
    return float(every.mean())


def expected(name: str, placement: str) -> float:
    """What the paper says of a matrix; queries and keys stay as they are."""
    if name.endswith(("weight[1]", "query_key_value.weight[0]")):
        return 1.0
    return EXPECTED[placement][name.startswith("decoder")]


@pytest.mark.parametrize("placement", EXPECTED)
def test_weights_start_as_small_as_the_paper_says(placement: str) -> None:
    found = factors(placement)
    assert found == pytest.approx({name: expected(name, placement) for name in found}, rel=1e-5)
    assert len(found) == N * (2 + 4) + M * (2 + 4 + 4)


@pytest.mark.parametrize("placement", sorted(set(names("placement")) - set(EXPECTED)))
def test_other_placements_start_from_the_same_weights(placement: str) -> None:
    assert set(factors(placement).values()) == {1.0}


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("placement", EXPECTED)
def test_each_embedding_table_is_scaled_once_also_where_it_is_shared(
    placement: str, joint: bool
) -> None:
    tables, plain = built(placement, joint).embedding, built("post", joint).embedding
    for name in ("source_table", "target_table"):
        ours, theirs = getattr(tables, name).weight, getattr(plain, name).weight
        assert ratio(ours, theirs) == pytest.approx(EXPECTED[placement][2], rel=1e-5)
