"""With weights copied over, our layers equal torch.nn.Transformer's, masks included."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.model.build import transformer
from tests.options import option
from whynorm.model.layers import DecoderLayer, EncoderLayer
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.placements.pre import Pre

# torch tells that it will not use a fast path that these tests do not need.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

FILLS = ["fused", "minus_infinity", "minus_1e9"]


def copied(layer: EncoderLayer | DecoderLayer, norms: list[Norm]) -> dict[str, Tensor]:
    """The weights of one of our layers and its norms, by the names of torch's."""
    moved = {"linear1": layer.feed_forward.inner, "linear2": layer.feed_forward.outer}
    moved |= {f"norm{number}": norm for number, norm in enumerate(norms, start=1)}
    attentions = {"self_attn": layer.attention}
    if isinstance(layer, DecoderLayer):
        attentions["multihead_attn"] = layer.cross_attention
    for name, attention in attentions.items():
        moved[f"{name}.in_proj"] = attention.query_key_value
        moved[f"{name}.out_proj"] = attention.output
    return {
        f"{name}{'_' if name.endswith('in_proj') else '.'}{key}": value
        for name, module in moved.items()
        for key, value in module.state_dict().items()
    }


def torchs(ours: Transformer, norm_first: bool) -> Any:
    """torch.nn.Transformer of the same weights; post-norm stacks without torch's final norms."""
    theirs = nn.Transformer(16, 4, 2, 2, 32, 0.0, batch_first=True, norm_first=norm_first)
    stacks = ((ours.encoder, theirs.encoder), (ours.decoder, theirs.decoder))
    for our_stack, their_stack in stacks:
        final = our_stack.placement.final if isinstance(our_stack.placement, Pre) else None
        their_stack.norm = None
        if final is not None:
            their_stack.norm = nn.LayerNorm(16)
            their_stack.norm.load_state_dict(final.state_dict())
        for index, layer in enumerate(our_stack.layers):
            assert isinstance(layer, EncoderLayer | DecoderLayer)
            norms = list(our_stack.placement.norms.of(index))
            their_stack.layers[index].load_state_dict(copied(layer, norms))
    return theirs


def shuffle(model: Transformer) -> Transformer:
    """Every weight off its default, so that no two can be mistaken for each other."""
    for value in model.parameters():
        value.data.add_(0.1 * torch.randn_like(value))
    return model


def vectors() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    source_real = torch.arange(6) < torch.tensor([[6], [4], [1]])
    target_real = torch.arange(5) < torch.tensor([[5], [3], [2]])
    return torch.randn(3, 6, 16), torch.randn(3, 5, 16), source_real, target_real


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("placement", ["post", "pre"])
def test_our_encoder_equals_torchs(placement: str, fill: str) -> None:
    ours = shuffle(transformer("layer", placement, fill=fill))
    source, _, source_real, target_real = vectors()
    masks = option("mask", "paper")(source_real, target_real)
    expected = (
        torchs(ours, placement == "pre").train().encoder(source, src_key_padding_mask=~source_real)
    )
    actual = ours.encoder(source, masks)
    torch.testing.assert_close(actual[source_real], expected[source_real], rtol=0, atol=1e-5)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("placement", ["post", "pre"])
def test_our_decoder_equals_torchs(placement: str, fill: str) -> None:
    ours = shuffle(transformer("layer", placement, fill=fill))
    memory, target, source_real, target_real = vectors()
    masks = option("mask", "paper")(source_real, target_real)
    expected = (
        torchs(ours, placement == "pre")
        .train()
        .decoder(
            target,
            memory,
            tgt_mask=torch.ones(5, 5, dtype=torch.bool).triu(1),
            tgt_key_padding_mask=~target_real,
            memory_key_padding_mask=~source_real,
        )
    )
    actual = ours.decoder(target, masks, ours.decoder.remember(memory))
    torch.testing.assert_close(actual[target_real], expected[target_real], rtol=0, atol=1e-5)


@pytest.mark.parametrize("placement", ["post", "pre"])
def test_our_gradients_equal_torchs(placement: str) -> None:
    ours = shuffle(transformer("layer", placement))
    source, _, source_real, target_real = vectors()
    masks = option("mask", "paper")(source_real, target_real)
    one, two = source.clone().requires_grad_(), source.clone().requires_grad_()
    theirs = torchs(ours, placement == "pre").train()
    theirs.encoder(one, src_key_padding_mask=~source_real)[source_real].square().sum().backward()
    ours.encoder(two, masks)[source_real].square().sum().backward()
    assert one.grad is not None
    torch.testing.assert_close(two.grad, one.grad, rtol=1e-4, atol=1e-5)
