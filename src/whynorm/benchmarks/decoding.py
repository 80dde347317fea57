"""Translating by turns: ours and the generators of others, greedily and with a beam."""

import importlib
from collections.abc import Mapping, Sequence
from functools import partial

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Makers, Outcome, contest
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.record import Cell, Finding, lines, note, spread
from whynorm.benchmarks.summary import standings
from whynorm.benchmarks.translation import Assignment, Ours, Translating
from whynorm.data.batch import Example

OURS, PLAIN = "ours", "huggingface_generate"
PACKAGES = ("torch", "transformers", "ctranslate2")
NOTE = (
    "Sentences a second, each translated to the same number of tokens whatever the (random) "
    "weights would like, the source sentences sorted by length; padding them is not timed. Ratios "
    f"are to {PLAIN} in the same round: their median, the smallest and the largest."
)


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


def contender(name: str, sizes: Sizes, work: Assignment, seed: int) -> Translating:
    """Ours, or that of benchmarks/peers/<name>.py, which is imported in its own process only."""
    if name == OURS:
        return Ours(sizes, work, seed)
    return importlib.import_module(f"benchmarks.peers.{name}").Decoding(sizes, work, seed)
