"""What a translation's tokens attended to in the source, read from a running model."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.data.vocabulary import BEGIN
from whynorm.decoding.translator import Translation, evaluating
from whynorm.masks.fill import scaled_scores
from whynorm.masks.paper import Rules
from whynorm.model.attention import Attention, KeysValues
from whynorm.model.transformer import Transformer


def cross_attention(
    model: Transformer, rules: Rules, translation: Translation
) -> Float[Tensor, "target source"]:
    """Weights of the last decoder layer, the mean of its heads; each row is one token's choice."""
    attention = model.decoder.layers[-1].cross_attention
    assert isinstance(attention, Attention)
    found: list[Tensor] = []

    def read(module: nn.Module, given: tuple[Any, ...]) -> None:
        found.append(weights(attention, *given))

    source = torch.tensor([translation.source_ids])
    target = torch.tensor([[BEGIN, *translation.target_ids]])[:, :-1]
    masks = rules(torch.ones_like(source).bool(), torch.ones_like(target).bool())
    hook = attention.register_forward_pre_hook(read)
    try:
        with evaluating(model):
            model(source, target, masks)
    finally:
        hook.remove()
    return found[0][0].mean(0)


def weights(
    attention: Attention, x: Tensor, visible: Tensor, memory: KeysValues
) -> Float[Tensor, "batch head target source"]:
    """The attention's weights over the memory, written out."""
    query = nn.functional.linear(x, *attention.rows(0, 1))
    return attention.fill.weights(scaled_scores(attention.split(query), memory.keys), visible)
