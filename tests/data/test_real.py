import os
from functools import cache

import pytest

from whynorm.data.bpe import bpe
from whynorm.data.corpus import Corpus, Pair
from whynorm.data.multi30k import multi30k
from whynorm.data.vocabulary import UNKNOWN
from whynorm.data.words import words

pytestmark = pytest.mark.skipif(
    "WHYNORM_DATA" not in os.environ, reason="WHYNORM_DATA names no folder that holds multi30k/"
)


@cache
def corpus() -> Corpus:
    return multi30k(source="de", target="en")


def test_multi30k_has_as_many_pairs_as_its_authors_say() -> None:
    assert [len(split) for split in corpus().splits.values()] == [29000, 1014, 1000, 1000, 461]


def test_the_pairs_of_multi30k_stand_side_by_side() -> None:
    assert corpus().train[0] == Pair(
        "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
        "Two young, White males are outside near many bushes.",
    )


def test_cased_words_decode_every_training_sentence_of_multi30k() -> None:
    pairs = corpus().train[:3000]
    vocabulary = words(pairs, lower_case=False, minimum_count=1).target
    for pair in pairs:
        assert vocabulary.decode(vocabulary.encode(pair.target)) == " ".join(pair.target.split())


def test_byte_pairs_decode_test_sentences_of_multi30k_that_they_were_not_learnt_from() -> None:
    vocabulary = bpe(corpus().train[:2000], size=1000, joint=True).source
    for pair in corpus().tests["test_2016"]:
        ids = vocabulary.encode(pair.source)
        assert vocabulary.decode(ids) == " ".join(pair.source.split()) and UNKNOWN not in ids
