"""Sentence pairs, and a corpus of them split for training, validation and tests."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

Fact = int | float | str


class Pair(NamedTuple):
    """A sentence and its translation, each as one line of text."""

    source: str
    target: str


class Place(NamedTuple):
    """The file that a split was read from, and the line of each of its pairs."""

    file: str
    lines: Sequence[int]


def fingerprint(pairs: Iterable[Pair]) -> str:
    """The SHA-256 of sentence pairs, in order; independent of process and platform."""
    digest = hashlib.sha256()
    for pair in pairs:
        for text in pair:
            line = text.encode("utf-8", "surrogatepass")
            digest.update(len(line).to_bytes(8, "little"))
            digest.update(line)
    return digest.hexdigest()


@dataclass(frozen=True)
class Corpus:
    """Sentence pairs to train on, to validate with and to test with.

    `notes` are facts about how the corpus was made, shown before a run starts.
    `lowest_loss` is the loss, in nats per target token and without label smoothing, that a
    perfect model reaches; None where it is unknown. `places` has the files and lines of those
    splits that were read from files.
    """

    train: list[Pair]
    validation: list[Pair]
    tests: dict[str, list[Pair]]
    source_language: str
    target_language: str
    notes: dict[str, Fact] = field(default_factory=dict)
    lowest_loss: float | None = None
    places: dict[str, Place] = field(default_factory=dict)

    @property
    def splits(self) -> dict[str, list[Pair]]:
        """Every split under its name: train, validation, then the test sets."""
        return {"train": self.train, "validation": self.validation, **self.tests}

    def place(self, split: str, number: int) -> str:
        """Where a pair stands, as people say it: its file and line, or its number in the split."""
        if split not in self.places:
            return f"{split}, pair {number + 1}"
        file, lines = self.places[split]
        return f"{file}, line {lines[number]}"

    @cached_property
    def sha256(self) -> str:
        """The hash of the languages and of all sentences, split by split."""
        digest = hashlib.sha256(f"{self.source_language}\0{self.target_language}".encode())
        for name, pairs in self.splits.items():
            digest.update(f"\0{name}\0{fingerprint(pairs)}".encode())
        return digest.hexdigest()
