"""Which sentences make a batch, and in which order batches come.

An order is a pure function of (lengths, options, seed, epoch), in which every sentence is once. A
length is (source, target), in positions of the model: the target's are those it predicts. That
batches are padded to a `multiple` of positions counts where positions are limited; which sentences
are of like length is a question of their own lengths.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

Lengths = Sequence[tuple[int, int]]


@runtime_checkable
class Batches(Protocol):
    """A way to divide sentences into batches; each sentence is in exactly one."""

    def __call__(
        self, lengths: Lengths, *, seed: int, epoch: int, multiple: int
    ) -> list[list[int]]:
        """The batches of an epoch, as lists of sentence numbers."""
        ...


class Rest:
    """An epoch's batches after the first `begun`; its length is that of the whole epoch.

    Lightning, which goes on in the middle of an epoch, counts so.
    """

    def __init__(self, batches: Sequence[list[int]], begun: int) -> None:
        self.batches, self.begun = batches, begun

    def __iter__(self) -> Iterator[list[int]]:
        return iter(self.batches[self.begun :])

    def __len__(self) -> int:
        return len(self.batches)


def random_batches(
    lengths: Lengths, *, seed: int, epoch: int, sentences_per_batch: int, multiple: int
) -> list[list[int]]:
    """n sentences a batch, whatever their lengths; the last batch may have fewer."""
    require_positive("batches.sentences_per_batch", sentences_per_batch)
    order = chance(seed, epoch).permutation(len(lengths)).tolist()
    return slices(order, sentences_per_batch)


def bucketed_batches(
    lengths: Lengths, *, seed: int, epoch: int, sentences_per_batch: int, multiple: int
) -> list[list[int]]:
    """n sentences of like length a batch; one batch may have fewer.

    Which of the pairs of equal lengths meet, and the order of batches, is drawn every epoch.
    """
    require_positive("batches.sentences_per_batch", sentences_per_batch)
    draw = chance(seed, epoch)
    return shuffled(slices(by_length(lengths, draw), sentences_per_batch), draw)


def token_batches(
    lengths: Lengths, *, seed: int, epoch: int, tokens_per_batch: int, multiple: int
) -> list[list[int]]:
    """Sentences of like length, as many as fit: rows x longest <= the budget, on either side.

    Raises ValueError where a single sentence is longer than the budget.
    """
    require_positive("batches.tokens_per_batch", tokens_per_batch)
    padded = [tuple(rounded_up(side, multiple) for side in length) for length in lengths]
    longest = max((max(length) for length in padded), default=0)
    if longest > tokens_per_batch:
        raise ValueError(
            f"batches.tokens_per_batch={tokens_per_batch} is below the longest sentence, which has "
            f"{longest} tokens; raise it to {longest} or more, or lower data.maximum_length"
        )
    draw = chance(seed, epoch)
    return shuffled(packed(by_length(lengths, draw), padded, tokens_per_batch), draw)


def share(batches: Sequence[list[int]], *, rank: int, ranks: int) -> list[list[int]]:
    """One rank's rows of every batch, so that all ranks together see what one process would.

    A batch with fewer sentences than there are ranks joins its neighbour first. Raises ValueError
    where there are fewer sentences than ranks in all.
    """
    whole = merged(batches, ranks)
    if not whole or len(whole[0]) < ranks:
        raise ValueError(
            f"{sum(map(len, batches))} sentences cannot be shared among {ranks} processes; "
            "use fewer processes, or more sentences"
        )
    return [batch[rank::ranks] for batch in whole]


def padding_share(
    lengths: Lengths, batches: Sequence[Sequence[int]], *, multiple: int = 1
) -> float:
    """The share of the positions of these batches, source and target, that is padding."""
    sizes = np.array(lengths)
    cells = sum(
        len(batch) * sum(rounded_up(int(side), multiple) for side in sizes[batch].max(axis=0))
        for batch in batches
    )
    real = sum(int(sizes[batch].sum()) for batch in batches)
    return 1 - real / cells


def chance(seed: int, epoch: int) -> np.random.Generator:
    """The source of chance of one epoch, the same in every process."""
    return np.random.default_rng([seed, epoch])


def by_length(lengths: Lengths, draw: np.random.Generator) -> list[int]:
    """Sentence numbers from short to long by the longer side, neighbours alike on the other too.

    With budgets on either side, the longer one makes fewer batches than the target. Among pairs
    whose longer side is equal the difference of the sides rises and, for the next length, falls
    again, so that it never jumps; pairs that are equal in both come in a drawn order.
    """
    source, target = np.array(lengths).reshape(-1, 2).T
    longer = np.maximum(source, target)
    turned = np.where(longer % 2, source - target, target - source)
    return np.lexsort((draw.random(len(lengths)), turned, longer)).tolist()


def shuffled(batches: list[list[int]], draw: np.random.Generator) -> list[list[int]]:
    """The batches in a drawn order."""
    return [batches[number] for number in draw.permutation(len(batches))]


def slices(order: list[int], size: int) -> list[list[int]]:
    """Consecutive pieces of a list."""
    return [order[start : start + size] for start in range(0, len(order), size)]


def packed(
    order: Sequence[int], lengths: Sequence[tuple[int, ...]], budget: int
) -> list[list[int]]:
    """Neighbours of the order, cut into batches whose padded tokens stay within the budget."""
    batches: list[list[int]] = []
    longest = 0
    for number in order:
        longest = max(longest, *lengths[number])
        if not batches or longest * (len(batches[-1]) + 1) > budget:
            batches.append([])
            longest = max(lengths[number])
        batches[-1].append(number)
    return batches


def merged(batches: Sequence[list[int]], fewest: int) -> list[list[int]]:
    """The batches, each with at least so many sentences where there are as many in all."""
    whole: list[list[int]] = []
    waiting: list[int] = []
    for batch in batches:
        waiting = [*waiting, *batch]
        if len(waiting) >= fewest:
            whole.append(waiting)
            waiting = []
    if not waiting:
        return whole
    return [*whole[:-1], [*(whole[-1] if whole else []), *waiting]]


def require_positive(name: str, value: int) -> None:
    """Refuse a batch that holds nothing."""
    if value < 1:
        raise ValueError(f"{name}={value} holds no sentence; choose 1 or more")


def rounded_up(number: int, multiple: int) -> int:
    """The smallest multiple that is at least the number."""
    return -(-number // multiple) * multiple
