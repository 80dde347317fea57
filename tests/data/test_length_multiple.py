from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data.toy import prepared
from whynorm.data.datamodule import TranslationData
from whynorm.data.sampler import bucketed_batches, random_batches, token_batches
from whynorm.data.vocabulary import PAD

Make = Callable[..., TranslationData]
Lengths = list[tuple[int, int]]
LENGTHS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Data of a corpus, prepared."""
    return partial(prepared, tmp_path)


def numbers(data: TranslationData) -> list[int]:
    """The sentences of an epoch."""
    return sorted(number for batch in data.train_dataloader() for number in batch.index.tolist())


def test_a_length_multiple_pads_to_it_and_leaves_no_sentence_out(make: Make) -> None:
    plain, rounded = make(), make(length_multiple=4)
    shapes = {batch.source.shape[1] for batch in rounded.train_dataloader()}
    assert all(length % 4 == 0 for length in shapes)
    assert numbers(plain) == numbers(rounded)


def test_the_padding_share_counts_what_a_length_multiple_adds(make: Make) -> None:
    data = make(length_multiple=16)
    cells = real = 0
    for batch in data.train_dataloader():
        sides = (batch.source, batch.target[:, 1:])
        cells += sum(side.numel() for side in sides)
        real += sum(int((side != PAD).sum()) for side in sides)
    assert data.summary()["padding share"] == pytest.approx(1 - real / cells)


@given(lengths=LENGTHS, seed=st.integers(0, 9), multiple=st.integers(2, 40))
def test_padding_to_a_multiple_changes_no_batch_of_so_many_sentences(
    lengths: Lengths, seed: int, multiple: int
) -> None:
    for make in (random_batches, bucketed_batches):
        draw = partial(make, lengths, seed=seed, epoch=0, sentences_per_batch=8)
        assert draw(multiple=multiple) == draw(multiple=1)


@given(lengths=LENGTHS, multiple=st.integers(1, 40))
def test_a_budget_counts_what_a_multiple_adds(lengths: Lengths, multiple: int) -> None:
    budget = 120
    for batch in token_batches(
        lengths, seed=0, epoch=0, tokens_per_batch=budget, multiple=multiple
    ):
        longest = max(max(lengths[number]) for number in batch)
        assert len(batch) * (-(-longest // multiple) * multiple) <= budget
