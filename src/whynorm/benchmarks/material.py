"""The sentences of a contest: every contender trains on the same batches in the same rounds."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from whynorm.data.batch import Batch, Example, collate

Rounds = Sequence[Sequence[Sequence[Example]]]


class Material(NamedTuple):
    """Batches of encoded pairs for each round; after the last round comes the first again."""

    rounds: Rounds
    vocabulary: int

    def examples(self, number: int) -> Sequence[Sequence[Example]]:
        """The pairs of each batch of a round."""
        return self.rounds[number % len(self.rounds)]

    def batches(self, number: int) -> list[Batch]:
        """The batches of a round, padded on the right."""
        return [collate(batch, side="right") for batch in self.examples(number)]

    def target_tokens(self, number: int) -> int:
        """The real target tokens that are predicted in a round, each sentence's END among them."""
        return sum(len(one.target) + 1 for batch in self.examples(number) for one in batch)

    def longest(self) -> int:
        """The positions of the longest sentence."""
        every = [one for batches in self.rounds for batch in batches for one in batch]
        return max(max(len(one.source), len(one.target) + 1) for one in every)

    def save(self, path: Path) -> None:
        """Write it to a file that `read` reads."""
        rounds = [[[list(map(list, one[:2])) for one in b] for b in r] for r in self.rounds]
        content = {"vocabulary": self.vocabulary, "rounds": rounds}
        path.write_text(json.dumps(content), encoding="utf-8")


def read(path: Path) -> Material:
    """The material in a file."""
    content = json.loads(path.read_text(encoding="utf-8"))
    rounds = [
        [
            [Example(source, target, number) for number, (source, target) in enumerate(batch)]
            for batch in batches
        ]
        for batches in content["rounds"]
    ]
    return Material(rounds, content["vocabulary"])


def divided(
    examples: Sequence[Example], order: Sequence[Sequence[int]], *, rounds: int, batches: int
) -> Rounds:
    """So many batches for each of so many rounds, from the beginning of an order of batches.

    An order that is too short for them begins again.
    """
    wanted = [order[number % len(order)] for number in range(rounds * batches)]
    chosen = [[examples[position] for position in batch] for batch in wanted]
    return [chosen[first : first + batches] for first in range(0, len(chosen), batches)]
