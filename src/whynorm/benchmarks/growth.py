"""Our training as it grows along one axis at a time: what bends the curve."""

import random
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender, Outcome, contest
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.material import Material
from whynorm.benchmarks.matrices import NAME as MATRICES
from whynorm.benchmarks.matrices import MatrixProducts
from whynorm.benchmarks.record import Cell, Finding
from whynorm.benchmarks.shares import shares
from whynorm.benchmarks.summary import rounds_of
from whynorm.data.batch import Example
from whynorm.data.vocabulary import SPECIAL
from whynorm.results import growth as picture

MEBIBYTE = 2**20
NOTE = (
    "One axis at a time, the others at their middle; sentences of one length, so that nothing is "
    "padding. Medians over the rounds; memory is what a process held beyond its imports, data and "
    "weights; the share is that of the matrix products' rate in the same round. Each axis is a "
    "contest of its own."
)


class Point(NamedTuple):
    """A training: the model's sizes, the sentences' length, the target tokens of a batch."""

    d_model: int
    layers: int
    length: int
    vocabulary: int
    tokens: int
    workers: int


def growth(
    given: Given,
    *,
    rounds: int = 2,
    batches_per_round: int = 2,
    threads: int = 2,
    middle: dict[str, int],
    axes: dict[str, list[int]],
) -> list[Finding]:
    """Tokens a second and memory along each axis, the rest as in the middle.

    The feed-forward network grows with d_model.
    """
    centre = Point(**middle)
    rows: list[dict[str, Cell]] = []
    for axis, values in axes.items():
        points = {f"{value}": centre._replace(**{axis: value}) for value in values}
        with tempfile.TemporaryDirectory() as folder:
            lots = {
                name: material(one, batches_per_round, given.seed) for name, one in points.items()
            }
            makers = makers_of(given, points, lots, Path(folder))
            outcome = contest(makers, rounds=rounds, threads=threads)
        for name, point in points.items():
            rows += measured(axis, name, outcome, lots[name], sizes_of(given, point))
    facts = {"threads": threads, "middle": middle}
    packages = ("torch", "pytorch-lightning")
    draw = partial(picture.draw, medians(rows))
    return [Finding("growth/curves", rows, medians(rows), NOTE, facts, packages, draw)]


def material(point: Point, batches: int, seed: int) -> Material:
    """One round of batches of sentences of one length, of random tokens."""
    draw = random.Random(seed)
    ids = partial(draw.choices, range(SPECIAL, point.vocabulary))
    sentences = max(1, point.tokens // point.length)
    sides = point.length, point.length - 1  # the target's END is a position too
    round_ = [
        [Example(ids(k=sides[0]), ids(k=sides[1]), number) for number in range(sentences)]
        for _ in range(batches)
    ]
    return Material([round_], point.vocabulary)


def makers_of(
    given: Given, points: dict[str, Point], lots: dict[str, Material], folder: Path
) -> dict[str, Callable[[], Contender]]:
    """Our training at each point, and the matrix products of the first."""
    makers: dict[str, Callable[[], Contender]] = {}
    for name, point in points.items():
        path = folder / f"{name}.json"
        lots[name].save(path)
        makers[name] = given.ours(words(sizes_of(given, point), point), path)
    first = next(iter(points.values()))
    makers[MATRICES] = partial(MatrixProducts, sizes_of(given, first), tokens=first.tokens)
    return makers


def sizes_of(given: Given, point: Point) -> Sizes:
    """The chosen model's sizes at a point."""
    sizes = given.sizes(point.vocabulary, point.length)
    return sizes._replace(
        d_model=point.d_model,
        d_ff=sizes.d_ff * point.d_model // sizes.d_model,
        encoder_layers=point.layers,
        decoder_layers=point.layers,
    )


def words(sizes: Sizes, point: Point) -> list[str]:
    """What a command line says to be at that point."""
    names = ("d_model", "d_ff", "encoder_layers", "decoder_layers")
    sized = [f"model.{name}={value}" for name, value in sizes._asdict().items() if name in names]
    return [*sized, f"data.workers={point.workers}"]


def measured(
    axis: str, name: str, outcome: Outcome, lot: Material, sizes: Sizes
) -> list[dict[str, Cell]]:
    """A row for each round at a point; one with the reason where it is absent."""
    found = shares(name, outcome, lot, sizes)
    place: dict[str, Cell] = {"axis": axis, "value": int(name)}
    names = ("round", "rate", "peak_memory_bytes", "share", "absent")
    rows: list[dict[str, Cell]] = [
        place | dict(zip(names, (n, row.rate, row.peak_memory_bytes, found[n], None), strict=True))
        for n, row in rounds_of(outcome, name).items()
        if n in found
    ]
    if name in outcome.absent:
        rows.append(place | dict.fromkeys(names) | {"absent": outcome.absent[name]})
    return rows


def medians(rows: Sequence[dict[str, Cell]]) -> list[dict[str, Cell]]:
    """Each point's medians over its rounds."""
    points: dict[tuple[Cell, Cell], list[dict[str, Cell]]] = {}
    for row in rows:
        points.setdefault((row["axis"], row["value"]), []).append(row)
    return [
        {
            "axis": axis,
            "value": value,
            "tokens/s": middle_of(every, "rate"),
            "peak MiB": (middle_of(every, "peak_memory_bytes") or 0) / MEBIBYTE,
            "share of matrix rate, %": middle_of(every, "share"),
        }
        for (axis, value), every in points.items()
    ]


def middle_of(rows: Sequence[dict[str, Cell]], column: str) -> float | None:
    """The median of a column's numbers."""
    values = [row[column] for row in rows]
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    return median(numbers) if numbers else None
