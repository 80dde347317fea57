from copy import deepcopy
from typing import Literal

import pytest
import torch
from torch.nn import functional as F

from tests.decoding.test_cache import recomputed
from tests.decoding.tiny import practised, rules, sentences, transformer
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis, Search, likeliest, longest, translate
from whynorm.model.transformer import Transformer

LENGTHS = [7, 2, 5, 1, 4]
SEARCHES = [Greedy(extra_tokens=8), Beam(width=4, n_best=2, extra_tokens=8)]
# What mixes nothing, or what no cache is used for: left to the long suite.
QUIET = [pytest.param(norm, marks=pytest.mark.long) for norm in ("layer", "instance")]
Hypotheses = list[list[Hypothesis]]


def ids(found: Hypotheses) -> list[list[tuple[list[int], bool]]]:
    return [[(one.ids, one.ended) for one in hypotheses] for hypotheses in found]


def scores(found: Hypotheses) -> list[float]:
    return [one.score for hypotheses in found for one in hypotheses]


def require_equal(found: Hypotheses, expected: Hypotheses) -> None:
    assert ids(found) == ids(expected)
    assert scores(found) == pytest.approx(scores(expected))


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("norm", ["batch", *QUIET])
@torch.no_grad()
def test_a_translation_does_not_depend_on_the_other_sentences_of_its_batch(
    norm: str, search: Search
) -> None:
    model, source = practised(norm), sentences(LENGTHS, 7)
    together = translate(model, rules(), source, search=search)
    alone = [translate(model, rules(), row[None], search=search)[0] for row in source]
    require_equal(alone, together)


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("norm", ["batch", *QUIET])
@torch.no_grad()
def test_a_translation_does_not_depend_on_how_its_source_is_padded(
    norm: str, search: Search, side: Literal["right", "left"]
) -> None:
    model = practised(norm)
    tight = translate(model, rules(), sentences(LENGTHS, 7), search=search)
    wide = translate(model, rules(), sentences(LENGTHS, 12, side), search=search)
    require_equal(wide, tight)


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(
    "norm", ["batch", *(pytest.param(norm, marks=pytest.mark.long) for norm in ("layer", "none"))]
)
@torch.no_grad()
def test_a_search_finds_the_same_with_a_cache_and_without(norm: str, search: Search) -> None:
    model, source = practised(norm), sentences(LENGTHS, 7)
    limits = torch.tensor(LENGTHS) + search.extra_tokens
    uncached = search(recomputed(model, rules(), source), limits)
    require_equal(translate(model, rules(), source, search=search), uncached)


@torch.no_grad()
def test_a_beam_of_one_equals_greedy_search_on_a_transformer() -> None:
    model, source = practised("layer"), sentences(LENGTHS, 7)
    greedy = translate(model, rules(), source, search=Greedy())
    assert ids(translate(model, rules(), source, search=Beam(width=1))) == ids(greedy)


@pytest.mark.parametrize("extra_tokens", [0, 3])
@torch.no_grad()
def test_a_translation_is_at_most_its_source_and_the_extra_tokens_long(extra_tokens: int) -> None:
    model = endless()
    search = Greedy(extra_tokens=extra_tokens)
    found = translate(model, rules(), sentences(LENGTHS, 7), search=search)
    assert [len(one.ids) for (one,) in found] == [length + extra_tokens for length in LENGTHS]


@pytest.mark.long
@torch.no_grad()
def test_a_translation_is_at_most_as_long_as_the_learnt_positions_of_the_model() -> None:
    model = endless()
    found = translate(model, rules(), sentences([7, 250], 250), search=Greedy(extra_tokens=9))
    assert [len(one.ids) for (one,) in found] == [16, 256]


@pytest.mark.parametrize("search", SEARCHES)
def test_a_translation_is_the_same_where_gradients_are_recorded(search: Search) -> None:
    model, source = practised("layer"), sentences(LENGTHS, 7)
    found = translate(model, rules(), source, search=search)
    with torch.inference_mode():
        assert translate(model, rules(), source, search=search) == found


def test_sinusoidal_positions_set_no_limit() -> None:
    assert longest(transformer(positions="sinusoidal").embedding.target_positions) is None


def test_likeliest_tokens_equal_the_best_of_the_log_softmax_over_allowed_ones() -> None:
    logits = torch.randn(5, 12, generator=torch.Generator().manual_seed(0))
    found = likeliest(logits, 4, [PAD, BEGIN])
    allowed = logits.clone()
    allowed[:, [PAD, BEGIN]] = -torch.inf
    expected = F.log_softmax(allowed, dim=1).topk(4)
    torch.testing.assert_close(found[0], expected.values)
    assert found[1].equal(expected.indices)


def endless() -> Transformer:
    """A model with learnt positions that never emits END."""
    model = deepcopy(transformer(positions="learned"))
    model.embedding.output.bias.data[END] = -torch.inf
    return model
