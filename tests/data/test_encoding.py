from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.data.toy import corpus, prepared, sentences
from whynorm.data.corpus import Pair, Place
from whynorm.data.datamodule import TranslationData

Make = Callable[..., TranslationData]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Data of a corpus, prepared."""
    return partial(prepared, tmp_path)


LONG = [*sentences(10), Pair("wort " * 12, "word"), Pair("wort", "word " * 11)]


def test_pairs_that_are_too_long_are_dropped_and_counted(make: Make) -> None:
    data = make(corpus(train=LONG, tests={"one": LONG}), maximum_length=11)
    assert sorted(n for batch in data.order(0) for n in batch) == list(range(10))
    assert data.summary()["dropped as too long"] == "2 of train, 2 of one"


def test_the_maximum_length_counts_the_end_of_the_target(make: Make) -> None:
    assert make(corpus(train=LONG), maximum_length=12).summary()["train pairs"] == 12


def test_a_pair_that_is_too_long_stays_in_the_corpus_to_be_translated(make: Make) -> None:
    assert len(make(corpus(tests={"one": LONG}), maximum_length=11).corpus.tests["one"]) == 12


def test_a_pair_that_is_too_long_is_refused_by_file_and_line(make: Make) -> None:
    places = {"train": Place("train.de", range(101, 200))}
    message = (
        r"train\.de, line 111: 12 tokens are more than data\.maximum_length=11; raise it, or set"
    )
    with pytest.raises(ValueError, match=message):
        make(corpus(train=LONG, places=places), maximum_length=11, too_long="refuse")


def test_a_pair_that_no_file_holds_is_refused_by_its_number(make: Make) -> None:
    with pytest.raises(ValueError, match="one, pair 11: 12 tokens are more than"):
        make(corpus(tests={"one": LONG}), maximum_length=11, too_long="refuse")


def test_a_maximum_length_that_leaves_nothing_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match=r"train has no sentences left of 60; .*maximum_length=1$"):
        make(maximum_length=1)


def test_without_a_maximum_length_nothing_is_too_long(make: Make) -> None:
    assert make(corpus(train=LONG), maximum_length=None).summary()["train pairs"] == 12


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_sentences_is_refused(split: str, make: Make) -> None:
    with pytest.raises(ValueError, match=f"{split} has no sentences left of 0"):
        make(corpus(**{split: []}))


def test_a_blank_pair_is_refused(make: Make) -> None:
    with pytest.raises(ValueError, match="validation, pair 2: blank target; fill it in"):
        make(corpus(validation=[Pair("a", "b"), Pair("a", " ")]))
