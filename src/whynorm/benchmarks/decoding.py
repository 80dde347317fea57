"""Translating by turns: ours and the generators of others, greedily and with a beam."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import NamedTuple

import torch
from jaxtyping import Int
from torch import Tensor

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Makers, Outcome, Work, contest
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.record import Cell, Finding, lines, note, spread
from whynorm.benchmarks.summary import standings
from whynorm.data.batch import Example, pad
from whynorm.data.vocabulary import END
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis, Search, translate
from whynorm.decoding.state import State
from whynorm.masks import algebra
from whynorm.masks.fill import Fused
from whynorm.masks.paper import Rules
from whynorm.model.embedding import Embeddings, LearnedPositions, Tokens
from whynorm.model.query_key import QueryKeyNorm
from whynorm.model.transformer import Choices, Transformer
from whynorm.norms.layer import LayerNorm
from whynorm.placements.post import Post

OURS, PLAIN = "ours", "huggingface_generate"
PACKAGES = ("torch", "transformers", "ctranslate2")
RULES = Rules(
    encoder={"padding": algebra.padding_keys},
    decoder={"padding": algebra.padding_keys, "look_ahead": algebra.look_ahead},
    cross={"padding": algebra.padding_keys},
)
NOTE = (
    "Sentences a second, each translated to the same number of tokens whatever the (random) "
    "weights would like, the source sentences sorted by length; padding them is not timed. Ratios "
    f"are to {PLAIN} in the same round: their median, the smallest and the largest."
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


def decoding(
    given: Given,
    *,
    rounds: int = 4,
    sentences: int = 1000,
    batch_sizes: Sequence[int] = (64, 1),
    widths: Sequence[int] = (1, 5),
    length: int = 15,
    threads: int = 2,
    peers: Sequence[str] = (PLAIN,),
) -> list[Finding]:
    """Sentences a second of greedy (width 1) and beam search, by so many sentences at a time.

    The sources are those of the chosen data, the sizes the chosen model's; `peers` are files of
    benchmarks/peers/. Every sentence is translated once, shared out among the rounds.
    """
    encoded = given.encoded()
    sources = [one.source for one in spaced(encoded.examples, sentences)]
    longest = max(length + 1, *(len(one) for one in sources))
    sizes = given.sizes(encoded.vocabulary, longest)
    names = [OURS, *peers]
    rows: list[dict[str, Cell]] = []
    table: dict[str, dict[str, Cell]] = {name: {"contender": name} for name in names}
    for size in batch_sizes:
        for width in widths:
            work = Assignment(cut(sources, size), rounds, length, width)
            makers: Makers = {
                one: partial(contender, one, sizes, work, given.seed) for one in names
            }
            outcome = contest(makers, rounds=rounds, threads=threads)
            search = "greedy" if width == 1 else f"beam {width}"
            rows += measured(f"{search}, {size} at a time", outcome, table)
    facts = {"threads": threads, "tokens": length, "sizes": sizes._asdict()}
    place = f"decoding/{given.name}"
    return [Finding(place, rows, list(table.values()), note(NOTE, outcome), facts, PACKAGES)]


def spaced(examples: Sequence[Example], count: int) -> list[Example]:
    """So many of the examples (all, if there are fewer), equally far from each other."""
    count = min(count, len(examples))
    return [examples[number * len(examples) // count] for number in range(count)]


def cut(sources: Sequence[Sequence[int]], size: int) -> list[list[Sequence[int]]]:
    """The sources in batches of `size`, the longest first."""
    ordered = sorted(sources, key=lambda source: -len(source))
    return [ordered[at : at + size] for at in range(0, len(ordered), size)]


def measured(
    work: str, outcome: Outcome, table: Mapping[str, dict[str, Cell]]
) -> list[dict[str, Cell]]:
    """The rounds of one kind of work, whose rates and ratios are added to the table."""
    for one in standings(outcome, baseline=PLAIN):
        table[one.contender][f"{work}: sentences/s"] = one.rate
        table[one.contender][f"{work}: ratio"] = spread(one)
    return [{"work": work, **line} for line in lines(outcome, unit="sentences", units={})]


def contender(name: str, sizes: Sizes, work: Assignment, seed: int) -> "Translating":
    """Ours, or that of benchmarks/peers/<name>.py, which is imported in its own process only."""
    if name == OURS:
        return Ours(sizes, work, seed)
    return importlib.import_module(f"benchmarks.peers.{name}").Decoding(sizes, work, seed)


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
    positions = partial(LearnedPositions, maximum_length=sizes.longest)
    model = Transformer(
        Tokens(sizes.vocabulary, sizes.vocabulary, True),
        Choices(LayerNorm, LayerNorm, Post, Fused(), QueryKeyNorm),
        d_model=sizes.d_model,
        heads=sizes.heads,
        d_ff=sizes.d_ff,
        encoder_layers=sizes.encoder_layers,
        decoder_layers=sizes.decoder_layers,
        dropout=sizes.dropout,
        embedding=partial(Embeddings, tied=True, positions=positions),
    )
    model.initialise(seed)
    model.embedding.target_table.weight.data[END] = 0.0
    return model.eval()
