import pytest
import torch
from torch import Tensor

from tests.decoding.test_cache import LENGTHS, cached, recomputed, step_by_step, targets
from tests.decoding.tiny import TOKENS, rules, sentences, transformer
from tests.options import names
from whynorm.data.vocabulary import BEGIN
from whynorm.decoding import state as states
from whynorm.decoding.state import RecomputedState, State, start
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer

WIDTH = 4
# Where each row of three sentences goes on from, and then the rows of the first and the last.
ORDER = [3, 3, 0, 1, 4, 7, 7, 7, 11, 10, 9, 8]
LEFT = [0, 2, 2, 1, 9, 8, 8, 11]


def tokens(rows: int, seed: int) -> Tensor:
    return torch.randint(4, TOKENS, (rows,), generator=torch.Generator().manual_seed(seed))


def as_a_beam_goes(state: State) -> Tensor:
    """The logits after prefixes have split, changed places within sentences, and lost one."""
    state.step(torch.full((3,), BEGIN))
    state = state.select(torch.arange(3).repeat_interleave(WIDTH), WIDTH)
    state.step(tokens(12, 1))
    state = state.reorder(torch.tensor(ORDER))
    first = state.step(tokens(12, 2))
    state = state.reorder(torch.tensor(ORDER)).select(torch.tensor(LEFT), WIDTH)
    return torch.cat((first, state.step(tokens(8, 3))))


def require_the_same(model: Transformer, rules: Rules, source: Tensor) -> None:
    found = as_a_beam_goes(cached(model, rules, source))
    expected = as_a_beam_goes(recomputed(model, rules, source))
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("placement", names("placement"))
@torch.no_grad()
def test_prefixes_that_share_a_sentence_go_on_as_they_would_alone(placement: str) -> None:
    model = transformer("batch", placement=placement, qk_norm="layer")
    require_the_same(model, rules(), sentences(LENGTHS, 6))


@pytest.mark.parametrize("fill", ["fused", "minus_1e9"])
@pytest.mark.parametrize("mask", ["window", "no_padding", "no_cross_padding", "wrong_axis"])
@torch.no_grad()
def test_prefixes_that_share_a_sentence_go_on_as_they_would_alone_under_every_mask(
    mask: str, fill: str
) -> None:
    require_the_same(transformer(fill=fill), rules(mask), sentences(LENGTHS, 6))


@torch.no_grad()
def test_prefixes_of_one_sentence_share_one_memory_and_keep_it_when_they_change_places() -> None:
    state = cached(transformer(), rules(), sentences(LENGTHS, 6))
    state = state.select(torch.arange(3).repeat_interleave(WIDTH), WIDTH)
    memory = state.cache.memory[0].keys
    assert len(memory) == 3
    assert state.reorder(torch.arange(12)).cache.memory[0].keys is memory


@pytest.mark.parametrize("mask", ["paper", "window", "no_padding"])
@torch.no_grad()
def test_masks_are_made_anew_where_a_prefix_outgrows_them(
    mask: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "ROOM", 2)
    model, source = transformer(), sentences(LENGTHS, 6)
    found = step_by_step(cached(model, rules(mask), source), targets())
    honest = step_by_step(recomputed(model, rules(mask), source), targets())
    torch.testing.assert_close(found, honest, atol=1e-9, rtol=1e-9)


def first_half(query_real: Tensor, key_real: Tensor) -> Tensor:
    """Whether a target token sees a key depends on how many tokens there are."""
    return (torch.arange(key_real.shape[1]) <= query_real.shape[1] // 2)[None, None, None]


@pytest.mark.parametrize("site", ["decoder", "cross"])
@torch.no_grad()
def test_rules_that_go_by_the_length_of_the_prefix_are_decoded_without_a_cache(site: str) -> None:
    sites = {name: {} for name in ("encoder", "decoder", "cross")}
    sites["decoder"]["look_ahead"] = lambda query, key: look_ahead(query, key)
    sites[site]["half"] = first_half
    assert isinstance(start(transformer(), Rules(**sites), sentences(LENGTHS, 6)), RecomputedState)


def look_ahead(query_real: Tensor, key_real: Tensor) -> Tensor:
    query, key = (torch.arange(real.shape[1]) for real in (query_real, key_real))
    return (key[None, :] <= query[:, None])[None, None]
