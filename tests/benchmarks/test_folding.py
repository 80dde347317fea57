"""Contenders that differ in their norms alone do the same work."""

from functools import partial

import pytest
import torch

from tests.benchmarks.givens import GIVEN
from tests.benchmarks.sentences import SIZES
from tests.options import option
from whynorm.benchmarks import folding
from whynorm.benchmarks.folding import Decoding, Evaluating, built, drawn, without_norms
from whynorm.benchmarks.record import Finding
from whynorm.data.batch import collate
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import translate
from whynorm.model.transformer import Transformer
from whynorm.norms.batch import BatchNorm
from whynorm.norms.none import NoNorm
from whynorm.norms.norm import Norm
from whynorm.placements.post import Post

SMALL = SIZES._replace(longest=folding.LONGEST + 1)
PAIRS = drawn(5, SMALL.vocabulary, seed=1)


def model(norm: str) -> Transformer:
    return built(SMALL, option("norm", norm), Post, 1)


def test_a_round_of_evaluating_counts_every_target_token_and_end() -> None:
    contender = Evaluating(partial(model, "batch"), PAIRS)
    contender.prepare()
    assert contender.round(1).units == sum(len(pair.target) + 1 for pair in PAIRS)


def test_a_round_of_decoding_counts_every_sentence() -> None:
    contender = Decoding(partial(model, "batch"), PAIRS, 2)
    contender.prepare()
    assert contender.round(1).units == len(PAIRS)


@pytest.mark.parametrize("norm", ["layer", "batch", "none"])
def test_every_contender_writes_as_many_tokens(norm: str) -> None:
    source = collate(PAIRS, side="right").source
    with torch.inference_mode():
        found = translate(model(norm), folding.RULES, source, search=Greedy(extra_tokens=1))
    assert [len(one[0].ids) for one in found] == [len(pair.source) + 1 for pair in PAIRS]


def test_the_folded_contender_has_no_norm_left() -> None:
    left = without_norms(partial(model, "batch"))
    assert {type(m) for m in left.modules() if isinstance(m, Norm)} == {NoNorm}


def test_running_statistics_are_not_those_that_a_norm_begins_with() -> None:
    norms = [m for m in model("batch").modules() if isinstance(m, BatchNorm)]
    assert all((norm.running_mean != 0).all() for norm in norms)


@pytest.fixture(scope="module")
def found() -> Finding:
    given = GIVEN._replace(sizes=lambda vocabulary, longest: SMALL)
    (only,) = folding.folding(
        given, rounds=1, sentences=2, batch_sizes=[2], threads=1, vocabulary=SMALL.vocabulary
    )
    return only


@pytest.mark.long
def test_the_table_has_a_row_for_each_norm_and_the_folded_one(found: Finding) -> None:
    assert [row["norm"] for row in found.table] == ["layer", "batch", "none", "batch, folded"]


@pytest.mark.long
def test_the_table_has_rate_and_ratio_of_each_work(found: Finding) -> None:
    assert set(found.table[1]) == {
        "norm",
        "evaluating: target tokens/s",
        "evaluating: ratio",
        "greedy, 2 at a time: sentences/s",
        "greedy, 2 at a time: ratio",
    }
