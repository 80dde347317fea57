"""Who translates in a contest: what all have in common, and ours."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Work
from whynorm.benchmarks.random_model import random_model
from whynorm.data.batch import pad
from whynorm.data.vocabulary import END
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis, Search, translate
from whynorm.decoding.state import State
from whynorm.masks import algebra
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.norms.layer import LayerNorm
from whynorm.placements.post import Post

RULES = Rules(
    encoder={"padding": algebra.padding_keys},
    decoder={"padding": algebra.padding_keys, "look_ahead": algebra.look_ahead},
    cross={"padding": algebra.padding_keys},
)


class Assignment(NamedTuple):
    """What everyone translates: sources in batches, dealt to the rounds, to so many tokens each.

    A `width` of 1 is greedy search, a larger one that of the beam.
    """

    batches: Sequence[Sequence[Sequence[int]]]
    rounds: int
    length: int
    width: int

    def of_round(self, number: int) -> list[int]:
        """The numbers of a round's batches; after the last round comes the first again."""
        return list(range(number % self.rounds, len(self.batches), self.rounds))

    def sentences(self, number: int) -> int:
        """How many sentences a round has."""
        return sum(len(self.batches[batch]) for batch in self.of_round(number))


class Translating:
    """A generator that translates what it is assigned, from ids to ids.

    A subclass imports what may be missing, and makes what is not timed, in `prepare`.
    """

    def __init__(self, sizes: Sizes, work: Assignment, seed: int) -> None:
        self.sizes, self.work, self.seed = sizes, work, seed

    def prepare(self) -> None:
        """Build the model, and bring the batches into the form that it reads."""
        raise NotImplementedError

    def translate(self, batch: int) -> list[list[int]]:
        """The best translation of each sentence of a batch."""
        raise NotImplementedError

    def round(self, number: int) -> Work:
        """Translate the batches of the round."""
        batches = self.work.of_round(number)
        begun = perf_counter()
        for batch in batches:
            self.translate(batch)
        return Work(float(self.work.sentences(number)), perf_counter() - begun)


class Ours(Translating):
    """Our searches, on ids."""

    def prepare(self) -> None:
        """Build the model and pad the batches."""
        self.model = built(self.sizes, self.seed)
        self.sources = [pad(batch, "right") for batch in self.work.batches]
        search = Greedy() if self.work.width == 1 else Beam(width=self.work.width)
        self.search = Exactly(search, self.work.length)

    def translate(self, batch: int) -> list[list[int]]:
        """The best translation of each sentence of a batch."""
        with torch.inference_mode():
            found = translate(self.model, RULES, self.sources[batch], search=self.search)
        return [hypotheses[0].ids for hypotheses in found]


@dataclass(frozen=True)
class Exactly:
    """A search that lets every sentence have `length` tokens, whatever its source has."""

    search: Search
    length: int

    @property
    def extra_tokens(self) -> int:
        """None: the length says it all."""
        return 0

    def __call__(self, state: State, limits: Int[Tensor, " sentence"]) -> list[list[Hypothesis]]:
        """What the search finds within the length."""
        return self.search(state, torch.full_like(limits, self.length))


def built(sizes: Sizes, seed: int) -> Transformer:
    """A model with random weights that never ends a sentence, its tables tied as Marian's are.

    END's vector is 0, and so is its score, which is far below the best of random ones.
    """
    model = random_model(sizes, LayerNorm, Post, seed, tied=True)
    model.embedding.target_table.weight.data[END] = 0.0
    return model.eval()
