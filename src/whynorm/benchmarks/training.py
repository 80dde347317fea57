"""Training by turns: ours, the models of others, and the matrix products that bound them all."""

import importlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender, Outcome, contest
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.material import Material, divided
from whynorm.benchmarks.matrices import NAME as MATRICES
from whynorm.benchmarks.matrices import MatrixProducts
from whynorm.benchmarks.record import Cell, Finding, lines, note, spread
from whynorm.benchmarks.shares import share
from whynorm.benchmarks.summary import Standing, standings
from whynorm.data.sampler import random_batches, token_batches

OURS, PLAIN = "ours", "nn_transformer"
RANDOM, BUCKETED = "random", "bucketed"
MEBIBYTE = 2**20
PACKAGES = ("torch", "pytorch-lightning", "transformers", "joeynmt")
NOTE = (
    "Real target tokens a second, padding not counted: the median over the rounds, and ratios as "
    "medians of each round's own ratio, with the smallest and the largest. All train on the same "
    "batches by turns, one process each. Memory is the most that a process held beyond its "
    "imports, data and weights. The share is that of the matrix products' rate in the same round "
    "which the model's own products over real tokens come to."
)
Lots = Mapping[str, Material]


def training(
    given: Given,
    *,
    rounds: int = 3,
    batches_per_round: int = 2,
    threads: int = 2,
    one_thread: bool = True,
    random_sentences: int = 128,
    bucketed_tokens: int = 4096,
    peers: Sequence[str] = (PLAIN,),
) -> list[Finding]:
    """The contest on random and on bucketed batches; with `one_thread` ours once more on one.

    `peers` are files of benchmarks/peers/. The chosen data and model are used, trained as
    `task=train` would with its other options.
    """
    lots = lots_of(given, rounds, batches_per_round, random_sentences, bucketed_tokens)
    sizes = given.sizes(lots[RANDOM].vocabulary, max(lot.longest() for lot in lots.values()))
    found: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder:
        paths = saved(lots, Path(folder))
        every = makers(given, sizes, paths, [OURS, *peers], bucketed_tokens)
        outcome = contest(every, rounds=rounds, threads=threads)
        found.append(finding(f"training/{given.name}", outcome, lots, sizes, threads))
        if one_thread:
            path = {BUCKETED: paths[BUCKETED]}
            own = makers(given, sizes, path, [OURS], bucketed_tokens)
            outcome = contest(own, rounds=rounds, threads=1)
            found.append(finding(f"training/{given.name}_one_thread", outcome, lots, sizes, 1))
    return found


def lots_of(given: Given, rounds: int, batches: int, sentences: int, tokens: int) -> Lots:
    """The same corpus in random batches and in batches of like lengths, one round to warm up."""
    examples, vocabulary = given.encoded()
    lengths = [(len(one.source), len(one.target) + 1) for one in examples]
    draw = {"seed": given.seed, "epoch": 0, "multiple": 1}
    orders = {
        RANDOM: random_batches(lengths, **draw, sentences_per_batch=sentences),
        BUCKETED: token_batches(lengths, **draw, tokens_per_batch=tokens),
    }
    return {
        name: Material(divided(examples, order, rounds=rounds + 1, batches=batches), vocabulary)
        for name, order in orders.items()
    }


def saved(lots: Lots, folder: Path) -> dict[str, Path]:
    """A file of each lot, for the contenders' processes to read."""
    paths = {name: folder / f"{name}.json" for name in lots}
    for name, lot in lots.items():
        lot.save(paths[name])
    return paths


def makers(
    given: Given, sizes: Sizes, paths: Mapping[str, Path], names: Sequence[str], tokens: int
) -> dict[str, Callable[[], Contender]]:
    """Everyone on every lot, and the matrix products."""
    found: dict[str, Callable[[], Contender]] = {}
    for lot, path in paths.items():
        for name in names:
            peer = partial(peer_of, name, sizes, path)
            found[f"{name}, {lot}"] = given.ours([], path) if name == OURS else peer
    return {**found, MATRICES: partial(MatrixProducts, sizes, tokens=tokens)}


def peer_of(name: str, sizes: Sizes, path: Path) -> Contender:
    """The peer of benchmarks/peers/<name>.py; imported in its own process only."""
    return importlib.import_module(f"benchmarks.peers.{name}").Training(sizes, path)


def finding(name: str, outcome: Outcome, lots: Lots, sizes: Sizes, threads: int) -> Finding:
    """What the contest came to."""
    rows = lines(outcome, unit="target tokens", units={MATRICES: "operations"})
    table = [line(one, outcome, lots, sizes) for one in ordered(outcome)]
    facts = {"threads": threads, "absent": outcome.absent, "contenders": outcome.facts}
    return Finding(
        name, rows, table, note(NOTE, outcome), {**facts, "sizes": sizes._asdict()}, PACKAGES
    )


def ordered(outcome: Outcome) -> list[Standing]:
    """Everyone but the matrix products, lot by lot."""
    found = [
        one
        for one in standings(outcome, baseline=f"{PLAIN}, {RANDOM}")
        if one.contender != MATRICES
    ]
    return sorted(found, key=lambda one: not one.contender.endswith(RANDOM))


def line(one: Standing, outcome: Outcome, lots: Lots, sizes: Sizes) -> dict[str, Cell]:
    """A contender's row of the table."""
    name, _, lot = one.contender.partition(", ")
    same = {s.contender: s for s in standings(outcome, baseline=f"{PLAIN}, {lot}")}[one.contender]
    facts = outcome.facts.get(one.contender, {})
    return {
        "contender": name,
        "batches": lot,
        "tokens/s": one.rate,
        f"over {PLAIN}, {RANDOM}": spread(one),
        f"over {PLAIN}, same batches": spread(same),
        "peak MiB": one.peak_memory_bytes and round(one.peak_memory_bytes / MEBIBYTE),
        f"peak over {PLAIN}, {RANDOM}": one.memory_ratio,
        f"peak over {PLAIN}, same batches": same.memory_ratio,
        "parameters": facts.get("parameters"),
        "share of matrix rate, %": share(one.contender, outcome, lots[lot], sizes),
    }
