"""What batch norm saves when a model is used: it folds away, and LayerNorm does not."""

import random
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import cast

import torch

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender, Makers, Work, contest
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.random_model import random_model
from whynorm.benchmarks.record import Cell, Finding, lines, spread
from whynorm.benchmarks.summary import standings
from whynorm.data.batch import Example, collate, teacher_forced
from whynorm.data.vocabulary import END, SPECIAL
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import translate
from whynorm.export.folding import fold
from whynorm.masks import algebra
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.placements.placement import Placement
from whynorm.placements.post import Post
from whynorm.placements.pre import Pre

PLACEMENTS: dict[str, type[Placement]] = {"post": Post, "pre": Pre}
# Tokens of the shortest and the longest sentence; decoded batches a round.
SHORTEST, LONGEST, MOST_BATCHES = 6, 22, 8
# What a token's score is lowered by so that no search writes it.
NEVER = -1e9
RULES = Rules(
    encoder={"padding": algebra.padding_keys},
    decoder={"padding": algebra.padding_keys, "look_ahead": algebra.look_ahead},
    cross={"padding": algebra.padding_keys},
)
NOTE = (
    "Forward passes of an evaluation, and greedy decoding in batches of so many sentences to a "
    "length that is the same for all, with random weights. `folded` is the batch-norm model after "
    "`whynorm.export.folding`. Ratios are to `{baseline}` in the same round: their median, the "
    "smallest and the largest."
)


def folding(
    given: Given,
    *,
    rounds: int = 5,
    sentences: int = 128,
    batch_sizes: Sequence[int] = (64, 1),
    threads: int = 2,
    vocabulary: int = 8000,
    placement: str = "post",
    norms: Sequence[str] = ("layer", "batch", "none"),
    folded: Sequence[str] = ("batch",),
) -> list[Finding]:
    """Tokens a second of evaluating and sentences a second of greedy decoding, norm by norm.

    `norms` are options of conf/norm, `folded` those that take part once more after folding; the
    first is what the others are compared with. One sentence at a time, only a few are decoded.
    """
    pairs = drawn(sentences, vocabulary, given.seed)
    sizes = given.sizes(vocabulary, LONGEST + 1)
    names = [*norms, *(f"{name}, folded" for name in folded)]
    models = {name: model_maker(given, sizes, name, placement) for name in names}
    works: dict[str, Callable[[Callable[[], Transformer]], partial[Contender]]] = {
        "evaluating": lambda make: partial(Evaluating, make, pairs)
    }
    for size in batch_sizes:
        works[f"greedy, {size} at a time"] = lambda make, size=size: partial(
            Decoding, make, pairs[: MOST_BATCHES * size], size
        )
    rows: list[dict[str, Cell]] = []
    table: dict[str, dict[str, Cell]] = {name: {"norm": name} for name in names}
    for name, work in works.items():
        makers: Makers = {model: work(make) for model, make in models.items()}
        rows += measured(name, makers, rounds, threads, table)
    facts = {"threads": threads, "placement": placement, "sizes": sizes._asdict()}
    note = NOTE.format(baseline=names[0])
    where = f"folding/{given.name}_{placement}"
    return [Finding(where, rows, list(table.values()), note, facts, ("torch",))]


def drawn(sentences: int, vocabulary: int, seed: int) -> list[Example]:
    """Pairs of random ids, both sides of a pair of one length, the longest pairs first."""
    draw = random.Random(seed)
    lengths = sorted((draw.randint(SHORTEST, LONGEST) for _ in range(sentences)), reverse=True)
    ids = partial(draw.choices, range(SPECIAL, vocabulary))
    return [Example(ids(k=n), ids(k=n), number) for number, n in enumerate(lengths)]


def model_maker(given: Given, sizes: Sizes, name: str, placement: str) -> Callable[[], Transformer]:
    """Makes the model of that name, in whichever process it is called."""
    norm, _, after = name.partition(", ")
    of_width = cast(Callable[[int], Norm], given.norm(f"norm={norm}"))
    make = partial(built, sizes, of_width, PLACEMENTS[placement], given.seed)
    return partial(without_norms, make) if after else make


def measured(
    work: str,
    makers: Makers,
    rounds: int,
    threads: int,
    table: dict[str, dict[str, Cell]],
) -> list[dict[str, Cell]]:
    """The rounds of one kind of work, whose rates and ratios are added to the table."""
    outcome = contest(makers, rounds=rounds, threads=threads)
    unit = "target tokens" if work == "evaluating" else "sentences"
    for one in standings(outcome, baseline=next(iter(makers))):
        table[one.contender] |= {f"{work}: {unit}/s": one.rate, f"{work}: ratio": spread(one)}
    return [{"work": work, **line} for line in lines(outcome, unit=unit, units={})]


def built(
    sizes: Sizes, norm: Callable[[int], Norm], placement: type[Placement], seed: int
) -> Transformer:
    """A model with random weights, and running statistics of two random batches.

    Its output projection has a matrix of its own with and without folding, so that both do the
    same work there, and a bias by which END is never written.
    """
    model = random_model(sizes, norm, placement, seed, tied=False)
    with torch.no_grad():
        for batch in range(2):
            forward(model.train(), drawn(32, sizes.vocabulary, seed + batch))
        model.embedding.output.bias[END] = NEVER
    return model.eval()


def without_norms(make: Callable[[], Transformer]) -> Transformer:
    """The model, folded."""
    return fold(make()).model


def forward(model: Transformer, pairs: Sequence[Example]) -> int:
    """Compute the scores of every real target token, and count these."""
    source, source_real, inputs, real, _ = teacher_forced(collate(pairs, side="right"))
    masks = RULES(source_real, real)
    model.project(model.decode(inputs, model.encode(source, masks), masks)[real])
    return int(real.sum())


class Evaluating:
    """Forward passes over the pairs, as validation and testing make them."""

    def __init__(self, make: Callable[[], Transformer], pairs: Sequence[Example]) -> None:
        self.make, self.pairs = make, pairs

    def prepare(self) -> None:
        """Build the model."""
        self.model = self.make()

    def round(self, number: int) -> Work:
        """One pass over all the pairs."""
        with torch.inference_mode():
            begun = perf_counter()
            tokens = forward(self.model, self.pairs)
            return Work(tokens, perf_counter() - begun)


class Decoding:
    """Greedy translation of the sources, each to one token more than it has itself."""

    def __init__(
        self, make: Callable[[], Transformer], pairs: Sequence[Example], size: int
    ) -> None:
        self.make, self.pairs, self.size = make, pairs, size

    def prepare(self) -> None:
        """Build the model and pad the batches."""
        self.model, size = self.make(), self.size
        starts = range(0, len(self.pairs), size)
        batches = [collate(self.pairs[at : at + size], side="right") for at in starts]
        self.sources = [batch.source for batch in batches]

    def round(self, number: int) -> Work:
        """Translate all batches."""
        with torch.inference_mode():
            begun = perf_counter()
            for source in self.sources:
                translate(self.model, RULES, source, search=Greedy(extra_tokens=1))
            return Work(len(self.pairs), perf_counter() - begun)
