"""Where a batch of sentences stands in step-by-step decoding, with and without a cache."""

from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from whynorm.data.vocabulary import PAD
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Cache, Transformer


@runtime_checkable
class State(Protocol):
    """The prefixes decoded so far, one a row, and what the model needs to continue them."""

    def step(self, tokens: Int[Tensor, " rows"]) -> Float[Tensor, "rows vocabulary"]:
        """Logits of each row's next token, after appending `tokens` to the prefixes."""
        ...

    def select(self, rows: Int[Tensor, " kept"]) -> "State":
        """The state of these rows, in this order; a row may be repeated or left out."""
        ...


class CachedState:
    """A state that keeps the keys and values of earlier tokens.

    Exact only where `exact_with_cache` says so.
    """

    def __init__(
        self,
        model: Transformer,
        rules: Rules,
        cache: Cache,
        source_real: Bool[Tensor, "rows source"],
    ) -> None:
        self.model, self.rules, self.cache, self.source_real = model, rules, cache, source_real

    def step(self, tokens: Int[Tensor, " rows"]) -> Float[Tensor, "rows vocabulary"]:
        """Logits of each row's next token, from one new position."""
        prefix_real = self.source_real.new_ones(len(tokens), self.cache.length + 1)
        masks = self.rules(self.source_real, prefix_real).last()
        states = self.model.step(tokens[:, None], self.cache, masks)
        return self.model.project(states)[:, -1]

    def select(self, rows: Int[Tensor, " kept"]) -> "CachedState":
        """The state of these rows, in this order."""
        cache, source_real = self.cache.select(rows), self.source_real[rows]
        return CachedState(self.model, self.rules, cache, source_real)


class RecomputedState:
    """A state that decodes the whole prefix again at each step; exact for every norm and mask."""

    def __init__(
        self,
        model: Transformer,
        rules: Rules,
        memory: Float[Tensor, "rows source d_model"],
        source_real: Bool[Tensor, "rows source"],
        prefix: Int[Tensor, "rows target"],
    ) -> None:
        self.model, self.rules, self.memory = model, rules, memory
        self.source_real, self.prefix = source_real, prefix

    def step(self, tokens: Int[Tensor, " rows"]) -> Float[Tensor, "rows vocabulary"]:
        """Logits of each row's next token, from the last of all positions."""
        self.prefix = torch.cat([self.prefix, tokens[:, None]], dim=1)
        masks = self.rules(self.source_real, torch.ones_like(self.prefix, dtype=torch.bool))
        states = self.model.decode(self.prefix, self.memory, masks)
        return self.model.project(states[:, -1:])[:, -1]

    def select(self, rows: Int[Tensor, " kept"]) -> "RecomputedState":
        """The state of these rows, in this order."""
        memory, source_real = self.memory[rows], self.source_real[rows]
        return RecomputedState(self.model, self.rules, memory, source_real, self.prefix[rows])


def start(model: Transformer, rules: Rules, source_ids: Int[Tensor, "batch source"]) -> State:
    """The state before BEGIN: cached where that is exact, recomputed where it is not."""
    source_real = source_ids != PAD
    memory = model.encode(source_ids, rules(source_real, source_real.new_ones(len(source_ids), 1)))
    if exact_with_cache(model, rules):
        return CachedState(model, rules, model.start(memory), source_real)
    nothing = source_ids.new_empty(len(source_ids), 0)
    return RecomputedState(model, rules, memory, source_real, nothing)


def exact_with_cache(model: Transformer, rules: Rules) -> bool:
    """True if no earlier target state can change once a later token is known.

    Norms, masks and the fill are asked each for themselves, the fill about the masks of 32 tokens.
    """
    real = torch.ones(1, 32, dtype=torch.bool)
    visible = rules(real, real).decoder.expand(1, 1, 32, 32)
    return model.incremental and rules.causal and not model.fill.looks_ahead(visible)
