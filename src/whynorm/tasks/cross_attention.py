"""What a translation's tokens attended to in the source, read from a running model."""

import torch
from jaxtyping import Float
from torch import Tensor

from whynorm.data.vocabulary import BEGIN
from whynorm.decoding.translator import Translation
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.probes.attention import read


def cross_attention(
    model: Transformer, rules: Rules, translation: Translation
) -> Float[Tensor, "target source"]:
    """Weights of the last decoder layer, the mean of its heads; each row is one token's choice."""
    source = torch.tensor([translation.source_ids])
    target = torch.tensor([[BEGIN, *translation.target_ids]])[:, :-1]
    masks = rules(torch.ones_like(source).bool(), torch.ones_like(target).bool())
    found = [one for one in read(model, source, target, masks) if one.site == "cross"]
    return found[-1].weights[0].mean(0)
