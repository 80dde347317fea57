"""What each fill makes of visible rows, of rows that see nothing, and of half precision."""

import pytest
import torch
from torch import Tensor

from tests.options import names, option
from whynorm.masks.fill import Add, Fill, Fused

FILLS = names("mask_fill")
AGREEING = ["fused", "minus_infinity", "minus_1e9", "minus_1e10", "lowest", "add_minus_1e9"]
VISIBLE = torch.tensor([[[[True, True, False, False]]]])
BLIND = torch.zeros(1, 1, 1, 4, dtype=torch.bool)


def example(dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    q, k, v = torch.randn(3, 2, 2, 4, 8)
    return q.to(dtype), k.to(dtype), v.to(dtype)


@pytest.mark.parametrize("name", AGREEING)
def test_where_a_query_sees_something_the_fills_agree_bit_for_bit(name: str) -> None:
    scores = torch.randn(2, 2, 4, 4)
    expected = option("mask_fill", "minus_infinity").weights(scores, VISIBLE)
    assert torch.equal(option("mask_fill", name).weights(scores, VISIBLE), expected)


@pytest.mark.parametrize("name", sorted({*AGREEING, "minus_1e4", "add_minus_1e4", "multiply"}))
def test_a_hidden_key_has_no_weight_where_the_query_sees_something(name: str) -> None:
    weights = option("mask_fill", name).weights(torch.randn(2, 2, 4, 4), VISIBLE)
    assert not weights[..., 2:].any()


def test_every_fill_option_is_held_by_these_tests() -> None:
    assert set(FILLS) == {*AGREEING, "minus_1e4", "add_minus_1e4", "multiply"}


@pytest.mark.parametrize("name", FILLS)
def test_attending_without_a_mask_equals_attending_to_what_is_all_visible(name: str) -> None:
    q, k, v = example()
    fill, every = option("mask_fill", name), torch.ones(1, 1, 1, 4, dtype=torch.bool)
    torch.testing.assert_close(fill.attend(q, k, v, None), fill.attend(q, k, v, every))


@pytest.mark.parametrize("name", FILLS)
def test_attending_equals_the_weights_times_the_values(name: str) -> None:
    q, k, v = example()
    fill = option("mask_fill", name)
    torch.testing.assert_close(fill.attend(q, k, v, VISIBLE), Fill.attend(fill, q, k, v, VISIBLE))


def test_the_fused_kernel_gives_zeros_where_a_query_sees_nothing() -> None:
    q, k, v = example()
    assert not Fused().attend(q, k, v, BLIND).any()


def test_the_fused_kernels_gradient_is_zero_where_a_query_sees_nothing() -> None:
    q, k, v = (part.requires_grad_() for part in example())
    Fused().attend(q, k, v, BLIND).sum().backward()
    assert all(part.grad is not None and not part.grad.any() for part in (q, k, v))


def test_minus_infinity_gives_nan_where_a_query_sees_nothing() -> None:
    weights = option("mask_fill", "minus_infinity").weights(torch.randn(1, 1, 1, 4), BLIND)
    assert bool(weights.isnan().all())


def test_minus_infinitys_nan_reaches_the_values_gradient_though_the_row_is_not_in_the_loss() -> (
    None
):
    q, k, v = example()
    v.requires_grad_()
    visible = torch.ones(2, 1, 4, 4, dtype=torch.bool)
    visible[:, :, 3] = False
    out = option("mask_fill", "minus_infinity").attend(q, k, v, visible)
    out[:, :, :3].sum().backward()
    assert v.grad is not None
    assert bool(v.grad.isnan().all())


@pytest.mark.parametrize("name", ["minus_1e9", "minus_1e10", "lowest"])
def test_a_finite_fill_is_uniform_over_every_key_where_a_query_sees_nothing(name: str) -> None:
    weights = option("mask_fill", name).weights(torch.randn(1, 1, 1, 4), BLIND)
    assert torch.equal(weights, torch.full_like(weights, 0.25))


def test_adding_a_moderate_number_has_no_effect_where_a_query_sees_nothing() -> None:
    scores = torch.randn(1, 1, 1, 4, dtype=torch.float64)
    weights = option("mask_fill", "add_minus_1e4").weights(scores, BLIND)
    torch.testing.assert_close(weights, scores.softmax(-1))


def test_an_added_billion_swallows_the_score_in_single_precision() -> None:
    scores = torch.tensor([[[[0.0, 5.0, 10.0, 20.0]]]])
    weights = option("mask_fill", "add_minus_1e9").weights(scores, BLIND)
    assert torch.equal(weights, torch.full_like(weights, 0.25))


def test_half_precision_refuses_to_hold_minus_a_billion() -> None:
    with pytest.raises(RuntimeError, match=r"overflow|cannot be converted"):
        option("mask_fill", "minus_1e9").weights(torch.randn(1, 1, 1, 4).half(), VISIBLE)


def test_adding_a_billion_in_half_precision_becomes_minus_infinity() -> None:
    weights = option("mask_fill", "add_minus_1e9").weights(torch.randn(1, 1, 1, 4).half(), BLIND)
    assert bool(weights.isnan().all())


def test_adding_a_billion_in_half_precision_hides_what_a_row_that_sees_something_may_not() -> None:
    weights = option("mask_fill", "add_minus_1e9").weights(torch.randn(1, 1, 1, 4).half(), VISIBLE)
    assert bool(weights.isfinite().all())
    assert not weights[..., 2:].any()


def test_adding_infinity_is_refused() -> None:
    with pytest.raises(ValueError, match=r"value=-inf times 0 is NaN"):
        Add(value=-torch.inf)


@pytest.mark.parametrize("name", FILLS)
def test_only_multiplying_lets_the_future_through_a_look_ahead_mask(name: str) -> None:
    real = torch.ones(1, 6, dtype=torch.bool)
    visible = option("mask", "paper")(real, real).decoder.expand(1, 1, 6, 6)
    assert option("mask_fill", name).looks_ahead(visible) == (name == "multiply")


def test_a_finite_fill_lets_the_future_into_rows_that_see_nothing() -> None:
    nothing = torch.zeros(1, 1, 6, 6, dtype=torch.bool)
    assert option("mask_fill", "minus_1e9").looks_ahead(nothing)
    assert not option("mask_fill", "fused").looks_ahead(nothing)


def test_a_finite_fill_hides_a_mask_on_the_wrong_axis_and_minus_infinity_shows_it() -> None:
    real = torch.tensor([[True, True, False]])
    wrong = option("mask", "wrong_axis")(real, real).encoder
    scores = torch.randn(1, 1, 3, 3)
    assert bool(option("mask_fill", "minus_1e9").weights(scores, wrong).isfinite().all())
    assert bool(option("mask_fill", "minus_infinity").weights(scores, wrong).isnan().any())


def test_multiplying_after_the_softmax_leaves_weights_that_do_not_sum_to_one() -> None:
    weights = option("mask_fill", "multiply").weights(torch.randn(1, 1, 1, 4), VISIBLE)
    assert float(weights.sum()) < 0.99
