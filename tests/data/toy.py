"""A small corpus and its data, for tests."""

from functools import partial
from pathlib import Path
from typing import Any

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.datamodule import TranslationData
from whynorm.data.sampler import token_batches
from whynorm.data.words import words


def sentences(count: int, start: int = 0) -> list[Pair]:
    """Pairs of one to nine words on either side."""
    numbers = range(start, start + count)
    return [Pair("wort " * (1 + n % 9), "word " * (1 + n * 7 % 9)) for n in numbers]


def corpus(**other: Any) -> Corpus:
    splits = {
        "train": sentences(60),
        "validation": sentences(11),
        "tests": {"one": sentences(7), "two": sentences(9)},
    }
    return Corpus(**{**splits, **other}, source_language="de", target_language="en")


def prepared(cache: Path, made: Corpus | None = None, **other: Any) -> TranslationData:
    """The data of a corpus, with a cache of the test's own."""
    data = TranslationData(
        lambda: made or corpus(),
        partial(words, lower_case=True, minimum_count=1),
        partial(token_batches, tokens_per_batch=other.pop("budget", 60)),
        **{"cache": cache, **other},
    )
    data.prepare()
    return data
