"""The splits of a corpus as ids, those that are too long left out."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from whynorm.data.batch import Example, length
from whynorm.data.corpus import Corpus
from whynorm.data.vocabulary import UNKNOWN, Vocabularies, Vocabulary

TOO_LONG = ("drop", "refuse")


@dataclass(frozen=True)
class Encoded:
    """A split as ids, and how many of its pairs were too long."""

    examples: list[Example]
    dropped: int

    @property
    def lengths(self) -> list[tuple[int, int]]:
        """The positions that each pair takes in the model: what it reads, and what it predicts."""
        return [length(example) for example in self.examples]

    @property
    def unknown(self) -> float:
        """The share of tokens, source and target, that the vocabularies do not know."""
        rows = [row for example in self.examples for row in (example.source, example.target)]
        return sum(list(row).count(UNKNOWN) for row in rows) / sum(map(len, rows))


def encoded(
    corpus: Corpus,
    split: str,
    vocabularies: Vocabularies,
    *,
    maximum_length: int | None,
    too_long: str,
) -> Encoded:
    """A split of the corpus; pairs that take more positions are dropped, or refused by place.

    Raises ValueError where a side is blank or no pair is left.
    """
    every = [
        Example(
            _ids(vocabularies.source, pair.source), _ids(vocabularies.target, pair.target), number
        )
        for number, pair in enumerate(corpus.splits[split])
    ]
    for example in every:
        _require_text(corpus, split, example)
        if too_long == "refuse":
            _require_short(corpus, split, example, maximum_length)
    examples = [example for example in every if fits(example, maximum_length)]
    if not examples:
        raise ValueError(
            f"{split} has no sentences left of {len(every)}; check the corpus, or raise "
            f"data.maximum_length={maximum_length}"
        )
    return Encoded(examples, len(every) - len(examples))


def fits(example: Example, maximum_length: int | None) -> bool:
    """Whether both sides are within the maximum length; None has no end."""
    return maximum_length is None or max(length(example)) <= maximum_length


def _ids(vocabulary: Vocabulary, text: str) -> Sequence[int]:
    # Four bytes an id, where a list of ints takes thirty: large corpora fit in memory.
    return array("i", vocabulary.encode(text))


def _require_text(corpus: Corpus, split: str, example: Example) -> None:
    if not (example.source and example.target):
        side = "target" if example.source else "source"
        raise ValueError(
            f"{corpus.place(split, example.index)}: blank {side}; fill it in, or leave the pair out"
        )


def _require_short(
    corpus: Corpus, split: str, example: Example, maximum_length: int | None
) -> None:
    if not fits(example, maximum_length):
        raise ValueError(
            f"{corpus.place(split, example.index)}: {max(length(example))} tokens are more than "
            f"data.maximum_length={maximum_length}; raise it, or set data.too_long=drop to leave "
            "the pair out"
        )
