import importlib
import importlib.util

import pytest
import torch
from torch import Tensor

from tests.benchmarks.givens import GIVEN
from tests.benchmarks.sentences import SIZES, VOCABULARY, example
from whynorm.benchmarks.contest import Work
from whynorm.benchmarks.decoding import contender, cut, decoding, spaced
from whynorm.benchmarks.given import Encoded
from whynorm.benchmarks.translation import RULES, Assignment, Exactly, Translating, built
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import translate

NEEDS = {"huggingface_generate": "transformers", "ctranslate2_translate": "ctranslate2"}
# Importing transformers takes seconds.
NAMES = [
    "ours",
    pytest.param("huggingface_generate", marks=pytest.mark.long),
    "ctranslate2_translate",
]
LENGTH = 6
SOURCES = [example(length, 1).source for length in (3, 9, 5, 7, 2)]
SIZED = SIZES._replace(longest=12)


def assignment(width: int, size: int = 2) -> Assignment:
    return Assignment(cut(SOURCES, size), 2, LENGTH, width)


def prepared(name: str, width: int) -> Translating:
    if name in NEEDS and importlib.util.find_spec(NEEDS[name]) is None:
        pytest.skip(f"{NEEDS[name]} is not installed")
    found = contender(name, SIZED, assignment(width), seed=1)
    found.prepare()
    return found


@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_every_contender_translates_every_sentence_to_the_same_length(
    name: str, width: int
) -> None:
    peer = prepared(name, width)
    found = [ids for batch in range(3) for ids in peer.translate(batch)]
    assert [len(ids) for ids in found] == [LENGTH] * len(SOURCES)
    assert not {END, PAD} & {token for ids in found for token in ids}


@pytest.mark.parametrize("width", [1, 3])
def test_ctranslate2_writes_what_our_search_writes(width: int) -> None:
    ours, theirs = prepared("ours", width), prepared("ctranslate2_translate", width)
    assert [theirs.translate(batch) for batch in range(3)] == [
        ours.translate(batch) for batch in range(3)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_rounds_units_are_its_sentences(name: str) -> None:
    peer = prepared(name, 1)
    rounds: list[Work] = [peer.round(0), peer.round(1)]
    assert [work.units for work in rounds] == [3, 2]


def test_each_sentence_is_translated_in_one_round() -> None:
    work = Assignment(cut(SOURCES, 1), 3, LENGTH, 1)
    dealt = [batch for number in range(3) for batch in work.of_round(number)]
    assert sorted(dealt) == list(range(len(SOURCES)))


def test_batches_hold_sentences_of_like_lengths() -> None:
    lengths = [[len(source) for source in batch] for batch in cut(SOURCES, 2)]
    assert lengths == [[9, 7], [5, 3], [2]]


def test_some_of_many_sentences_lie_equally_far_from_each_other() -> None:
    every = [example(3, 3, number) for number in range(10)]
    found = [[one.index for one in spaced(some, 5)] for some in (every, every[:3])]
    assert found == [[0, 2, 4, 6, 8], [0, 1, 2]]


@torch.inference_mode()
def test_a_search_of_a_set_length_ends_there_alone() -> None:
    model, source = built(SIZED, 1), torch.tensor([SOURCES[0]])
    free = translate(model, RULES, source, search=Greedy(extra_tokens=8))[0][0].ids
    held = translate(model, RULES, source, search=Exactly(Greedy(), LENGTH))[0][0].ids
    assert (len(held), held) == (LENGTH, free[:LENGTH])


@torch.inference_mode()
def test_the_models_score_of_end_is_zero() -> None:
    model = built(SIZED, 1)
    source, target = torch.tensor([SOURCES[0]]), torch.tensor([[BEGIN, 7, 8]])
    real: list[Tensor] = [one != PAD for one in (source, target)]
    assert model(source, target, RULES(*real))[..., END].eq(0).all()


@pytest.mark.long
def test_the_benchmark_compares_with_a_peer_and_says_who_is_absent() -> None:
    every = [example(length, 1) for length in (3, 9, 5, 7)]
    given = GIVEN._replace(
        encoded=lambda: Encoded(every, VOCABULARY),
        sizes=lambda vocabulary, longest: SIZES._replace(vocabulary=vocabulary, longest=longest),
    )
    peers = ["huggingface_generate", "a_peer_that_nobody_has"]
    (found,) = decoding(
        given, rounds=1, batch_sizes=[2], widths=[1], length=4, threads=1, peers=peers
    )
    assert [row["contender"] for row in found.table] == ["ours", *peers]
    assert "a_peer_that_nobody_has is not installed" in found.note
