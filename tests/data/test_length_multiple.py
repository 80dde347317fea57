from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.data.toy import prepared
from whynorm.data.datamodule import TranslationData
from whynorm.data.vocabulary import PAD

Make = Callable[..., TranslationData]


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
