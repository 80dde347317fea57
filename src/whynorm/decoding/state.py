"""Where a batch of sentences stands in step-by-step decoding, with and without a cache."""

from copy import copy
from functools import lru_cache
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from whynorm.data.vocabulary import PAD
from whynorm.decoding.ahead import Ahead
from whynorm.masks.fill import Fill
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Cache, Transformer

# Masks are made for so many target tokens at first.
ROOM = 32


@runtime_checkable
class State(Protocol):
    """The prefixes decoded so far, one a row, and what the model needs to continue them."""

    def step(self, tokens: Int[Tensor, " rows"]) -> Float[Tensor, "rows vocabulary"]:
        """Logits of each row's next token, after appending `tokens` to the prefixes."""
        ...

    def select(self, rows: Int[Tensor, " kept"], width: int = 1) -> "State":
        """The state of these rows, in this order; a row may be repeated or left out.

        Each `width` successive ones are prefixes of one sentence.
        """
        ...

    def reorder(self, rows: Int[Tensor, " rows"]) -> "State":
        """The state whose rows continue these rows, each one of its own sentence's."""
        ...


class CachedState:
    """A state that keeps the keys and values of earlier tokens, and those of each sentence once.

    Exact only where `exact_with_cache` says so.
    """

    def __init__(
        self,
        model: Transformer,
        rules: Rules,
        cache: Cache,
        source_real: Bool[Tensor, "sentences source"],
        width: int = 1,
    ) -> None:
        self.model, self.rules, self.cache = model, rules, cache
        self.source_real, self.width = source_real, width
        self.ahead: Ahead | None = None

    def step(self, tokens: Int[Tensor, " rows"]) -> Float[Tensor, "rows vocabulary"]:
        """Logits of each row's next token, from one new position."""
        at = self.cache.length
        if self.ahead is None or self.ahead.reach <= at:
            self.ahead = Ahead.of(self.rules, self.source_real, 2 * at + ROOM)
        masks = self.ahead.newest(at, len(tokens))
        return self.model.project(self.model.step(tokens[:, None], self.cache, masks))[:, -1]

    def select(self, rows: Int[Tensor, " kept"], width: int = 1) -> "CachedState":
        """The state of these rows, in this order; each `width` of them share a sentence."""
        sentences = rows[::width] // self.width
        cache, source_real = self.cache.select(rows, sentences), self.source_real[sentences]
        return CachedState(self.model, self.rules, cache, source_real, width)

    def reorder(self, rows: Int[Tensor, " rows"]) -> "CachedState":
        """The state whose rows continue these; what belongs to sentences stays where it is."""
        state = copy(self)
        state.cache = self.cache.select(rows, None)
        return state


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

    def select(self, rows: Int[Tensor, " kept"], width: int = 1) -> "RecomputedState":
        """The state of these rows, in this order."""
        memory, source_real = self.memory[rows], self.source_real[rows]
        return RecomputedState(self.model, self.rules, memory, source_real, self.prefix[rows])

    def reorder(self, rows: Int[Tensor, " rows"]) -> "RecomputedState":
        """The state whose rows continue these."""
        return RecomputedState(
            self.model, self.rules, self.memory, self.source_real, self.prefix[rows]
        )


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
    return model.incremental and past_alone(rules, model.fill)


@lru_cache(maxsize=8)
def past_alone(rules: Rules, fill: Fill) -> bool:
    """True if under these rules and this fill no target token hangs on a later one.

    Remembered, for it takes as long as a few tokens.
    """
    real = torch.ones(1, 32, dtype=torch.bool)
    visible = rules(real, real).decoder.expand(1, 1, 32, 32)
    return rules.causal and regardless_of_length(rules) and not fill.looks_ahead(visible)


def regardless_of_length(rules: Rules) -> bool:
    """True if a target token sees the same however many follow it, found from 32 and 16 tokens."""
    source, target = torch.ones(1, 32, dtype=torch.bool), torch.ones(1, 16, dtype=torch.bool)
    longer, shorter = rules(source, source), rules(source, target)
    decoder = longer.decoder.expand(1, 1, 32, 32)[:, :, :16, :16]
    cross = longer.cross.expand(1, 1, 32, 32)[:, :, :16]
    return torch.equal(decoder, shorter.decoder.expand(1, 1, 16, 16)) and torch.equal(
        cross, shorter.cross.expand(1, 1, 16, 32)
    )
