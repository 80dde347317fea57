"""Sentence pairs from two parallel files or one table, with the line of each pair."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, NoReturn

from whynorm.data.corpus import Pair, Place
from whynorm.data.text import read_lines

Paths = str | list[str]
Blank = Literal["drop", "refuse"]


class Parallel(NamedTuple):
    """Sentence pairs, where each stood, and how many were left out because a side was blank."""

    pairs: list[Pair]
    place: Place
    dropped: int


def read_pairs(paths: Paths, *, blank: Blank) -> Parallel:
    """The pairs of [source file, target file], or of one file with a tab between the two.

    Raises ValueError where two files differ in length, a line of a table has not two columns, a
    side is blank and `blank` says refuse, or no pair is left.
    """
    given = [paths] if isinstance(paths, str) else paths
    if len(given) not in (1, 2):
        raise ValueError(
            f"{given} are {len(given)} files; give [source file, target file] or one table"
        )
    source, target = given[0], given[-1]
    pairs = _table(Path(source)) if len(given) == 1 else _two_files(Path(source), Path(target))
    return without_blanks(pairs, (source, target), blank=blank)


def without_blanks(pairs: Sequence[Pair], files: Sequence[str], *, blank: Blank) -> Parallel:
    """The pairs of which both sides hold more than white space; `files` are those of the sides."""
    numbers = [number for number, pair in enumerate(pairs) if all(map(str.strip, pair))]
    dropped = len(pairs) - len(numbers)
    if not numbers:
        raise ValueError(f"{files[0]} has no pair without a blank side; give sentences for both")
    if dropped and blank == "refuse":
        _refuse(pairs, files)
    place = Place(files[0], [number + 1 for number in numbers])
    return Parallel([pairs[number] for number in numbers], place, dropped)


def hold_out(train: Parallel, names: Sequence[str], share: float) -> dict[str, Parallel]:
    """The named splits, each a share of the training pairs, and "train" with the rest.

    Chosen by the hash of the source sentence: pairs with the same source stay together, so that
    the splits share none, and the order of the file does not matter.
    """
    if not 0 < share < 1:
        raise ValueError(
            f"data.corpus.held_out={share} is no share between 0 and 1; choose e.g. 0.05"
        )
    order = sorted({pair.source for pair in train.pairs}, key=_hash)
    size = max(1, round(share * len(order)))
    if size * len(names) >= len(order):
        raise ValueError(
            f"{train.place.file} has {len(order)} different source sentences, too few to hold "
            f"{size} out for each of {', '.join(names)}; give files for these, or more pairs"
        )
    split = {text: name for n, name in enumerate(names) for text in order[n * size :][:size]}
    return {name: _part(train, split, name) for name in ["train", *names]}


def _part(train: Parallel, split: dict[str, str], name: str) -> Parallel:
    numbers = [n for n, p in enumerate(train.pairs) if split.get(p.source, "train") == name]
    place = Place(train.place.file, [train.place.lines[n] for n in numbers])
    dropped = train.dropped if name == "train" else 0
    return Parallel([train.pairs[n] for n in numbers], place, dropped)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _two_files(source: Path, target: Path) -> list[Pair]:
    sources, targets = read_lines(source), read_lines(target)
    if len(sources) != len(targets):
        raise ValueError(
            f"{source} has {len(sources)} lines and {target} has {len(targets)}; "
            "line n of one must translate line n of the other"
        )
    return [Pair(*texts) for texts in zip(sources, targets, strict=True)]


def _table(path: Path) -> list[Pair]:
    rows = [line.split("\t") for line in read_lines(path)]
    for number, row in enumerate(rows, start=1):
        if len(row) != 2:
            raise ValueError(
                f"{path}, line {number}: {len(row)} columns; give two, source and target, with "
                "one tab between them"
            )
    return [Pair(*row) for row in rows]


def _refuse(pairs: Sequence[Pair], files: Sequence[str]) -> NoReturn:
    line, pair = next((n, p) for n, p in enumerate(pairs, start=1) if not all(map(str.strip, p)))
    side = 1 if pair.source.strip() else 0
    raise ValueError(
        f"{files[side]}, line {line}: blank {pair._fields[side]}; fill it in, or set "
        "data.corpus.blank=drop to leave the pair out"
    )
