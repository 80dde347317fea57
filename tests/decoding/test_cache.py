from itertools import product

import pytest
import torch
from torch import Tensor

from tests.choosing import crossed, sampled
from tests.decoding.tiny import rules, sentences, transformer
from tests.norms.catalogue import VARIANTS
from tests.options import names
from whynorm.data.vocabulary import BEGIN, PAD
from whynorm.decoding.state import CachedState, RecomputedState, State, start
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer

VARIED = [((variant.option, *variant.overrides), variant.evaluating[0]) for variant in VARIANTS]
PER_TOKEN = [norm for norm, across_time in VARIED if not across_time]
OVER_TIME = [norm for norm, across_time in VARIED if across_time]
# Norms for which decoding would use the cache; it is held to the same values above.
WITH_A_CACHE_TOO = [pytest.param(norm, marks=pytest.mark.long) for norm in PER_TOKEN]
POSITIONS = ["sinusoidal", "learned"]
# The quick suite takes the one that is furthest from the paper's.
WIRED = sampled(product(("pre", "post"), reversed(POSITIONS)), every=4)
LENGTHS = [6, 3, 1]
# All placements, and all query-key norms in the paper's; their product where there is time.
COMBINATIONS = crossed(names("placement"), names("qk_norm"), ("post", "none"))
# All masks with the paper's fill, all fills with its mask; their product where there is time.
MASKED = crossed(names("mask"), names("mask_fill"), ("paper", "fused"))


def targets() -> Tensor:
    """Prefixes of one length, each with BEGIN before it."""
    ids = sentences([7, 7, 7], 7, seed=1)
    ids[:, 0] = BEGIN
    return ids


def cached(model: Transformer, rules: Rules, source: Tensor) -> CachedState:
    """A state with a cache, whether or not that is exact."""
    real = source != PAD
    memory = model.encode(source, rules(real, real[:, :1]))
    return CachedState(model, rules, model.start(memory), real)


def recomputed(model: Transformer, rules: Rules, source: Tensor) -> RecomputedState:
    real = source != PAD
    memory = model.encode(source, rules(real, real[:, :1]))
    return RecomputedState(model, rules, memory, real, source[:, :0])


def step_by_step(state: State, target: Tensor) -> Tensor:
    return torch.stack([state.step(tokens) for tokens in target.T], dim=1)


def teacher_forced(model: Transformer, rules: Rules, source: Tensor, target: Tensor) -> Tensor:
    return model(source, target, rules(source != PAD, target != PAD))


@pytest.mark.parametrize(("placement", "positions"), WIRED)
@pytest.mark.parametrize("norm", PER_TOKEN, ids="-".join)
@torch.no_grad()
def test_decoding_with_a_cache_equals_teacher_forcing_where_no_norm_looks_across_time(
    norm: tuple[str, ...], placement: str, positions: str
) -> None:
    model = transformer(*norm, placement=placement, positions=positions)
    source, target = sentences(LENGTHS, 6), targets()
    assert model.incremental
    forced = teacher_forced(model, rules(), source, target)
    stepped = step_by_step(cached(model, rules(), source), target)
    torch.testing.assert_close(stepped, forced, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(("placement", "qk_norm"), COMBINATIONS)
@pytest.mark.parametrize("norm", ["batch", pytest.param("layer", marks=pytest.mark.long)])
@torch.no_grad()
def test_decoding_with_a_cache_equals_teacher_forcing_for_every_placement_and_query_key_norm(
    norm: str, placement: str, qk_norm: str
) -> None:
    model = transformer(norm, placement=placement, qk_norm=qk_norm)
    source, target = sentences(LENGTHS, 6), targets()
    forced = teacher_forced(model, rules(), source, target)
    stepped = step_by_step(cached(model, rules(), source), target)
    torch.testing.assert_close(stepped, forced, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("positions", POSITIONS)
@torch.no_grad()
def test_decoding_with_a_cache_equals_teacher_forcing_where_the_source_is_padded_on_the_left(
    positions: str,
) -> None:
    model = transformer("batch", positions=positions)
    source, target = sentences(LENGTHS, 6, "left"), targets()
    forced = teacher_forced(model, rules(), source, target)
    stepped = step_by_step(cached(model, rules(), source), target)
    torch.testing.assert_close(stepped, forced, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(("placement", "positions"), WIRED)
@pytest.mark.parametrize("norm", OVER_TIME, ids="-".join)
@torch.no_grad()
def test_a_cache_would_be_wrong_where_a_norm_looks_across_time_and_the_model_says_so(
    norm: tuple[str, ...], placement: str, positions: str
) -> None:
    model = transformer(*norm, placement=placement, positions=positions)
    source, target = sentences(LENGTHS, 6), targets()
    assert not model.incremental
    honest = step_by_step(recomputed(model, rules(), source), target)[:, -1]
    stepped = step_by_step(cached(model, rules(), source), target)[:, -1]
    assert (stepped - honest).abs().max() > 0.1


@pytest.mark.parametrize("mask", ["no_look_ahead", "peek"])
@torch.no_grad()
def test_a_cache_would_be_wrong_where_the_decoder_sees_the_future_and_the_rules_say_so(
    mask: str,
) -> None:
    model, source, target = transformer(), sentences(LENGTHS, 6), targets()
    assert not rules(mask).causal
    honest = step_by_step(recomputed(model, rules(mask), source), target)[:, -1]
    stepped = step_by_step(cached(model, rules(mask), source), target)[:, -1]
    assert (stepped - honest).abs().max() > 1e-3


@pytest.mark.parametrize("mask", ["paper", "window", "no_padding", "wrong_axis"])
@torch.no_grad()
def test_a_cache_changes_nothing_where_the_decoder_does_not_see_the_future(mask: str) -> None:
    model, source, target = transformer(), sentences(LENGTHS, 6), targets()
    assert rules(mask).causal
    honest = step_by_step(recomputed(model, rules(mask), source), target)
    stepped = step_by_step(cached(model, rules(mask), source), target)
    torch.testing.assert_close(stepped, honest, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(("mask", "fill"), MASKED)
@torch.no_grad()
def test_whatever_mask_and_fill_decoding_gives_what_recomputing_every_prefix_gives(
    mask: str, fill: str
) -> None:
    model, source, target = transformer(fill=fill), sentences(LENGTHS, 6), targets()
    honest = step_by_step(recomputed(model, rules(mask), source), target)
    stepped = step_by_step(start(model, rules(mask), source), target)
    torch.testing.assert_close(stepped, honest, atol=1e-9, rtol=1e-9, equal_nan=True)


@pytest.mark.parametrize("fill", ["multiply", "minus_1e9"])
@torch.no_grad()
def test_a_cache_would_be_wrong_where_the_fill_lets_the_future_in(fill: str) -> None:
    model, source, target = transformer(fill=fill), sentences(LENGTHS, 6), targets()
    mask = rules("paper" if fill == "multiply" else "inverted")
    honest = step_by_step(recomputed(model, mask, source), target)[:, -1]
    stepped = step_by_step(cached(model, mask, source), target)[:, -1]
    assert (stepped - honest).abs().max() > 1e-3


@pytest.mark.parametrize("placement", ["pre", pytest.param("post", marks=pytest.mark.long)])
@pytest.mark.parametrize("norm", OVER_TIME + WITH_A_CACHE_TOO, ids="-".join)
@torch.no_grad()
def test_decoding_without_a_cache_equals_teacher_forcing_on_the_prefix_for_every_norm(
    norm: tuple[str, ...], placement: str
) -> None:
    model = transformer(*norm, placement=placement)
    source, target = sentences(LENGTHS, 6), targets()
    stepped = step_by_step(recomputed(model, rules(), source), target)
    for length in range(1, target.shape[1] + 1):
        forced = teacher_forced(model, rules(), source, target[:, :length])[:, -1]
        torch.testing.assert_close(stepped[:, length - 1], forced, atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize(
    ("norm", "decoder_norm", "mask", "kind"),
    [
        ("layer", None, "paper", CachedState),
        ("batch", None, "paper", CachedState),
        ("instance", "layer", "paper", CachedState),
        ("layer", "instance", "paper", RecomputedState),
        ("instance", None, "paper", RecomputedState),
        ("layer", None, "no_look_ahead", RecomputedState),
        ("layer", None, "peek", RecomputedState),
        ("layer", None, "no_padding", CachedState),
    ],
)
@torch.no_grad()
def test_the_decoder_norm_and_its_mask_decide_whether_decoding_uses_a_cache(
    norm: str, decoder_norm: str | None, mask: str, kind: type
) -> None:
    model = transformer(norm, decoder_norm=decoder_norm)
    assert isinstance(start(model, rules(mask), sentences(LENGTHS, 6)), kind)


@pytest.mark.parametrize("kind", [cached, recomputed])
@pytest.mark.parametrize("rows", [[2, 0, 1], [1, 1, 0, 0], [2]])
@torch.no_grad()
def test_selected_rows_go_on_as_they_would_have_among_all(rows: list[int], kind: type) -> None:
    model, source, target = transformer(), sentences(LENGTHS, 6), targets()
    chosen = torch.tensor(rows)
    state = kind(model, rules(), source)
    expected = step_by_step(state, target)[chosen][:, -1]
    state = kind(model, rules(), source)
    step_by_step(state, target[:, :4])
    found = step_by_step(state.select(chosen), target[chosen, 4:])[:, -1]
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)


@torch.no_grad()
def test_selecting_rows_leaves_the_state_that_they_come_from_as_it_was() -> None:
    model, source, target = transformer(), sentences(LENGTHS, 6), targets()
    state = cached(model, rules(), source)
    step_by_step(state, target[:, :3])
    step_by_step(state.select(torch.tensor([0, 1, 2])), target[:, 3:])
    torch.testing.assert_close(
        step_by_step(state, target[:, 3:]),
        teacher_forced(model, rules(), source, target)[:, 3:],
        atol=1e-9,
        rtol=1e-9,
    )
