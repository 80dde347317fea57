import os
import subprocess
import sys
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whynorm.data.sampler import (
    Batches,
    bucketed_batches,
    packed,
    padding_share,
    random_batches,
    share,
    token_batches,
)

LONGEST = 30
LENGTHS = st.lists(st.tuples(st.integers(1, LONGEST), st.integers(1, LONGEST)), min_size=1)
MANY = [(1 + n * 7 % LONGEST, 1 + n * 11 % LONGEST) for n in range(1000)]
KINDS: dict[str, Batches] = {
    "random": partial(random_batches, sentences_per_batch=8),
    "bucketed": partial(bucketed_batches, sentences_per_batch=8),
    "tokens": partial(token_batches, tokens_per_batch=100),
}
kinds = pytest.mark.parametrize("batches", KINDS.values(), ids=KINDS.keys())
like_length = pytest.mark.parametrize("batches", [KINDS["bucketed"], KINDS["tokens"]])
Lengths = list[tuple[int, int]]


def flat(batches: list[list[int]]) -> list[int]:
    return [number for batch in batches for number in batch]


@kinds
@given(lengths=LENGTHS, seed=st.integers(0, 9), epoch=st.integers(0, 9))
def test_every_sentence_is_once_in_an_epoch(
    batches: Batches, lengths: Lengths, seed: int, epoch: int
) -> None:
    order = flat(batches(lengths, seed=seed, epoch=epoch, multiple=1))
    assert sorted(order) == list(range(len(lengths)))


@kinds
@given(lengths=LENGTHS)
def test_no_batch_is_empty(batches: Batches, lengths: Lengths) -> None:
    assert all(batches(lengths, seed=0, epoch=0, multiple=1))


@kinds
def test_an_order_is_a_function_of_seed_and_epoch(batches: Batches) -> None:
    orders = [
        batches(MANY, seed=s, epoch=e, multiple=1)
        for s, e in [(1, 2), (1, 2), (1, 3), (2, 2), (2, 1)]
    ]
    assert orders[0] == orders[1]
    assert len({str(order) for order in orders}) == 4


@kinds
def test_the_sentences_that_meet_differ_between_epochs(batches: Batches) -> None:
    first, second = (
        {frozenset(b) for b in batches(MANY, seed=0, epoch=e, multiple=1)} for e in (0, 1)
    )
    assert len(first & second) < 0.1 * len(first)


@kinds
def test_short_and_long_batches_come_in_no_order(batches: Batches) -> None:
    longest = [
        max(MANY[n]) for batch in batches(MANY, seed=0, epoch=0, multiple=1) for n in batch[:1]
    ]
    rises = sum(one < two for one, two in pairwise(longest))
    falls = sum(one > two for one, two in pairwise(longest))
    assert 0.7 < rises / falls < 1.4


@pytest.mark.parametrize("kind", ["random", "bucketed"])
@given(lengths=LENGTHS)
def test_all_batches_but_one_have_so_many_sentences(kind: str, lengths: Lengths) -> None:
    sizes = sorted(map(len, KINDS[kind](lengths, seed=0, epoch=0, multiple=1)))
    assert all(size == 8 for size in sizes[1:]) and 0 < sizes[0] <= 8


@given(lengths=LENGTHS, budget=st.integers(LONGEST, 500))
def test_a_batch_with_its_padding_stays_within_the_budget_on_either_side(
    lengths: Lengths, budget: int
) -> None:
    for batch in token_batches(lengths, tokens_per_batch=budget, seed=0, epoch=0, multiple=1):
        for side in (0, 1):
            assert len(batch) * max(lengths[n][side] for n in batch) <= budget


def test_the_budget_is_used_up() -> None:
    batches = token_batches([(10, 10)] * 100, tokens_per_batch=59, seed=0, epoch=0, multiple=1)
    assert list(map(len, batches)) == [5] * 20


@like_length
def test_a_batch_holds_sentences_of_like_length(batches: Batches) -> None:
    longer = [[max(MANY[n]) for n in batch] for batch in batches(MANY, seed=0, epoch=0, multiple=1)]
    spans = sorted((min(batch), max(batch)) for batch in longer)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))


@like_length
def test_sentences_of_like_length_need_less_padding_than_random_ones(batches: Batches) -> None:
    random = padding_share(MANY, KINDS["random"](MANY, seed=0, epoch=0, multiple=1))
    assert padding_share(MANY, batches(MANY, seed=0, epoch=0, multiple=1)) < 0.8 * random


def test_the_padding_share_counts_both_sides() -> None:
    assert padding_share([(1, 3), (2, 2), (4, 4)], [[0, 1], [2]]) == pytest.approx(1 - 16 / 18)


def test_a_corpus_smaller_than_a_batch_is_one_batch() -> None:
    for batches in KINDS.values():
        assert len(batches([(1, 2), (3, 4)], seed=0, epoch=0, multiple=1)) == 1


@pytest.mark.parametrize("kind", ["random", "bucketed"])
def test_a_batch_larger_than_the_corpus_is_no_mistake(kind: str) -> None:
    make = {"random": random_batches, "bucketed": bucketed_batches}[kind]
    assert len(make(MANY, seed=0, epoch=0, multiple=1, sentences_per_batch=10**6)) == 1


def test_a_budget_below_the_longest_sentence_is_refused_with_both_numbers() -> None:
    message = (
        r"tokens_per_batch=29 is below the longest sentence, which has 30 tokens; raise it to 30"
    )
    with pytest.raises(ValueError, match=message):
        token_batches(MANY, tokens_per_batch=29, seed=0, epoch=0, multiple=1)


def test_batches_that_hold_nothing_are_refused() -> None:
    for make in (random_batches, bucketed_batches):
        with pytest.raises(ValueError, match="sentences_per_batch=0 holds no sentence; choose 1"):
            make(MANY, sentences_per_batch=0, seed=0, epoch=0, multiple=1)
    with pytest.raises(ValueError, match="tokens_per_batch=0 holds no sentence"):
        token_batches(MANY, tokens_per_batch=0, seed=0, epoch=0, multiple=1)


@kinds
@given(lengths=LENGTHS, ranks=st.integers(1, 5))
def test_ranks_share_every_sentence_among_them(
    batches: Batches, lengths: Lengths, ranks: int
) -> None:
    if len(lengths) >= ranks:
        whole = batches(lengths, seed=0, epoch=0, multiple=1)
        parts = [share(whole, rank=rank, ranks=ranks) for rank in range(ranks)]
        assert sorted(n for part in parts for n in flat(part)) == list(range(len(lengths)))


@kinds
@given(lengths=LENGTHS, ranks=st.integers(1, 5))
def test_ranks_have_equally_many_batches_and_none_is_empty(
    batches: Batches, lengths: Lengths, ranks: int
) -> None:
    if len(lengths) >= ranks:
        whole = batches(lengths, seed=0, epoch=0, multiple=1)
        parts = [share(whole, rank=rank, ranks=ranks) for rank in range(ranks)]
        assert len(set(map(len, parts))) == 1 and all(map(all, parts))


@kinds
def test_two_ranks_together_see_the_batches_of_one(batches: Batches) -> None:
    whole = [batch for batch in batches(MANY, seed=0, epoch=0, multiple=1) if len(batch) > 1]
    first, second = (share(whole, rank=rank, ranks=2) for rank in (0, 1))
    together = [sorted(one + two) for one, two in zip(first, second, strict=True)]
    assert together == list(map(sorted, whole))


def test_a_batch_smaller_than_the_ranks_joins_its_neighbour() -> None:
    found = [share([[0], [1, 2], [3, 4], [5]], rank=rank, ranks=2) for rank in (0, 1)]
    assert found == [[[0, 2], [3, 5]], [[1], [4]]]


def test_fewer_sentences_than_ranks_are_refused() -> None:
    with pytest.raises(ValueError, match="3 sentences cannot be shared among 4 processes; use few"):
        share([[0, 1], [2]], rank=0, ranks=4)


def test_the_order_is_the_same_in_every_process() -> None:
    script = (
        "from whynorm.data.sampler import bucketed_batches as b; "
        "print(b([(n % 7 + 1, n % 5 + 1) for n in range(99)], "
        "seed=3, epoch=4, multiple=1, sentences_per_batch=5))"
    )
    found = {
        subprocess.check_output(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}
        )
        for seed in ("1", "2")
    }
    assert len(found) == 1


def test_batches_of_like_length_are_alike_on_both_sides() -> None:
    draw = np.random.default_rng(1)
    lengths = [(int(s), int(s + more)) for s, more in draw.integers((5, -4), (30, 5), (20000, 2))]
    alike = token_batches(lengths, seed=1, epoch=0, multiple=1, tokens_per_batch=2048)
    by_longer = sorted(range(20000), key=lambda number: max(lengths[number]))
    packs = packed(by_longer, lengths, 2048)
    assert padding_share(lengths, alike) < padding_share(lengths, packs) / 2
