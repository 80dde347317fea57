"""The Transformer's three masks, each a set of named rules that must all agree."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor

Rule = Callable[[Tensor, Tensor], Tensor]


class Masks(NamedTuple):
    """What one batch needs to know of visibility; True = real, True = may see.

    `source` and `target` say which tokens are real; `encoder`, `decoder` and `cross` broadcast
    to (batch, head, query, key) of the three attentions.
    """

    source: Bool[Tensor, "batch source"]
    target: Bool[Tensor, "batch target"]
    encoder: Bool[Tensor, "#batch 1 #source #source"]
    decoder: Bool[Tensor, "#batch 1 #target #target"]
    cross: Bool[Tensor, "#batch 1 #target #source"]


class Newest(NamedTuple):
    """The same for the newest target token alone; None where it may see everything."""

    target: Bool[Tensor, "batch 1"]
    decoder: Bool[Tensor, "#batch 1 1 #target"] | None
    cross: Bool[Tensor, "#batch 1 1 #source"] | None


class Rules:
    """Builds `Masks` for a batch from the rules of each site; a rule that is None is left out.

    The paper's own (Vaswani 2017, §3.2.3): encoder and cross-attention hide padding, the decoder
    hides padding and the future.
    """

    def __init__(
        self,
        *,
        encoder: Mapping[str, Rule | None],
        decoder: Mapping[str, Rule | None],
        cross: Mapping[str, Rule | None],
    ) -> None:
        self.encoder = [rule for rule in encoder.values() if rule is not None]
        self.decoder = [rule for rule in decoder.values() if rule is not None]
        self.cross = [rule for rule in cross.values() if rule is not None]

    def __call__(
        self, source_real: Bool[Tensor, "batch source"], target_real: Bool[Tensor, "batch target"]
    ) -> Masks:
        """The masks of one batch, on its device."""
        return Masks(
            source_real,
            target_real,
            visible(self.encoder, source_real, source_real),
            visible(self.decoder, target_real, target_real),
            visible(self.cross, target_real, source_real),
        )

    @property
    def causal(self) -> bool:
        """True if the mask shows no target token a later one, found from 32 tokens of the mask.

        It speaks of the mask alone: whether a fill or a norm lets the future in is theirs to say.
        """
        real = torch.ones(1, 32, dtype=torch.bool)
        seen = visible(self.decoder, real, real).expand(1, 1, 32, 32)
        return not bool(seen.triu(1).any())


def visible(
    rules: list[Rule], query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"]
) -> Bool[Tensor, "#batch 1 #query #key"]:
    """What all rules allow; without rules everything may be seen."""
    everything = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=key_real.device)
    return reduce(and_, (rule(query_real, key_real) for rule in rules), everything)
