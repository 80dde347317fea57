"""How long our training takes to a tutorial notebook's BLEU, beside what the notebook takes."""

import importlib
import math
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender, Outcome, Seat
from whynorm.benchmarks.given import Given, Moment, WatchedTraining
from whynorm.benchmarks.material import Material, divided
from whynorm.benchmarks.minutes import Look, Plan, lines, rows
from whynorm.benchmarks.record import Finding, note
from whynorm.data.batch import Example
from whynorm.data.corpus import Corpus, Pair
from whynorm.data.sampler import random_batches
from whynorm.data.words import words
from whynorm.decoding.scores import corpus_scores

NOTEBOOK = "notebook"
# Positions that the notebook's model has learnt vectors for.
POSITIONS = 100
PACKAGES = ("torch", "pytorch-lightning", "sacrebleu")
NOTE = (
    "BLEU is of greedy translations, over lower-cased words and punctuation marks, cut as "
    "vocabulary=words cuts them on both sides, without smoothing. Training ends at the first look "
    "whose BLEU on the validation split is the target or more; the test set is translated too, "
    "and decides nothing. Minutes to there are of training alone, and with the translations of the "
    "validation split. The notebook's model, with vocabularies of lower-cased words seen twice or "
    "more, trained on random batches at every look, by turns with ours; its minutes are "
    "extrapolated: seconds a batch × batches an epoch × epochs, without validations. The target "
    "is what the notebook reports for the test set, over tokens of another tokeniser."
)


def quality(
    given: Given,
    *,
    target: float = 36.04,
    every: int = 170,
    sentences: int = 128,
    batches: int = 2,
    epochs: int = 10,
    threads: int = 2,
    notebook: Mapping[str, float] | None = None,
) -> list[Finding]:
    """Minutes until validation BLEU is the target, looked for after `every` updates.

    The model, data and training are those of the command line. `notebook` are the sizes of the
    notebook's model, where they differ from the chosen model's; it trains on so many `batches` of
    so many random `sentences` at each look, and would in all for so many `epochs`.
    """
    ours = given.watched()
    lot, target_vocabulary, batches_an_epoch = notebook_lot(
        ours.corpus, given.seed, sentences=sentences, batches=batches
    )
    sizes = given.sizes(lot.vocabulary, max(POSITIONS, lot.longest()))._replace(**notebook or {})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "material.json"
        lot.save(path)
        other = Other(partial(notebook_of, sizes, path, target_vocabulary), threads)
        looks = Looks(ours, target, other.turn)
        try:
            ours.train(every=every, threads=threads, look=looks)
        finally:
            other.seat.leave()
    plan = Plan(target, batches, batches_an_epoch, epochs)
    facts = {"threads": threads, "every": every, **plan._asdict()}
    facts |= {"notebook": {**sizes._asdict(), "target_vocabulary": target_vocabulary}}
    return [finding(f"quality/{given.name}", looks, other.outcome, plan, facts)]


def finding(
    name: str, looks: "Looks", outcome: Outcome, plan: Plan, facts: Mapping[str, Any]
) -> Finding:
    """What the looks came to."""
    table = lines(looks.seen, outcome, plan, looks.test)
    told = {**facts, "contenders": outcome.facts, "absent": outcome.absent}
    return Finding(
        name, rows(looks.seen, outcome, looks.test), table, note(NOTE, outcome), told, PACKAGES
    )


def notebook_lot(
    corpus: Corpus, seed: int, *, sentences: int, batches: int
) -> tuple[Material, int, int]:
    """An epoch of the notebook's random batches in its kind of tokens, divided into rounds.

    Its vocabulary is the source's; then come the size of the target's, and the epoch's batches.
    """
    both = words(corpus.train, lower_case=True, minimum_count=2)
    examples = [
        Example(both.source.encode(pair.source), both.target.encode(pair.target), number)
        for number, pair in enumerate(corpus.train)
    ]
    lengths = [(len(one.source), len(one.target) + 1) for one in examples]
    order = random_batches(lengths, seed=seed, epoch=0, sentences_per_batch=sentences, multiple=1)
    rounds = divided(examples, order, rounds=math.ceil(len(order) / batches), batches=batches)
    return Material(rounds, len(both.source)), len(both.target), len(order)


def notebook_of(sizes: Sizes, path: Path, target_vocabulary: int) -> Contender:
    """The notebook's model; imported in its own process only."""
    peer = importlib.import_module(f"benchmarks.peers.{NOTEBOOK}")
    return peer.Training(sizes, path, target_vocabulary=target_vocabulary)


class Other:
    """A contender that does a round whenever ours pauses; it has warmed up before."""

    def __init__(self, maker: Callable[[], Contender], threads: int) -> None:
        self.outcome = Outcome([], {}, {})
        self.seat = Seat(maker, threads)
        self.seat.answer(NOTEBOOK, self.outcome)
        self.turn(0)

    def turn(self, number: int) -> None:
        """One round, unless it has failed before."""
        if NOTEBOOK not in self.outcome.absent:
            self.seat.ask(number)
            self.seat.answer(NOTEBOOK, self.outcome)


class Looks:
    """Translates and scores at every look, and then lets the other have its turn."""

    def __init__(
        self, training: WatchedTraining, target: float, turn: Callable[[int], None]
    ) -> None:
        self.training, self.target, self.turn = training, target, turn
        self.test, self.test_pairs = next(iter(training.corpus.tests.items()))
        self.seen: list[Look] = []

    def __call__(self, moment: Moment) -> bool:
        """True where the validation split's BLEU is the target or more."""
        begun = perf_counter()
        validation = self.bleu(self.training.corpus.validation)
        seconds = perf_counter() - begun
        self.seen.append(Look(moment, seconds, validation, self.bleu(self.test_pairs)))
        self.turn(len(self.seen))
        return validation >= self.target

    def bleu(self, pairs: Sequence[Pair]) -> float:
        """Of greedy translations, over lower-cased words."""
        translations = self.training.translate([pair.source for pair in pairs])
        return float(corpus_scores(translations, [pair.target for pair in pairs])["words_bleu"])
