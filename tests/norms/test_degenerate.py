"""One real token, or none: defined everywhere, never NaN."""

import pytest
import torch

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant
from tests.options import option


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize("real_tokens", [0, 1])
def test_few_real_tokens_give_finite_outputs_gradients_and_state(
    variant: Variant, training: bool, real_tokens: int
) -> None:
    norm = variant.build().train(training)
    x = torch.randn(1, 4, D_MODEL, dtype=torch.float64, requires_grad=True)
    y = norm(x, torch.arange(4)[None] < real_tokens)
    y.square().sum().backward()
    assert x.grad is not None
    numbers = (y, x.grad, *norm.state_dict().values())
    assert all(bool(number.isfinite().all()) for number in numbers)


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
def test_a_batch_of_one_token_is_normalised_to_something_finite(
    variant: Variant, training: bool
) -> None:
    norm = variant.build().train(training)
    x = torch.randn(1, 1, D_MODEL, dtype=torch.float64)
    assert bool(norm(x, torch.ones(1, 1, dtype=torch.bool)).isfinite().all())


@pytest.mark.parametrize("name", ["batch", "instance"])
def test_a_single_real_token_comes_out_as_the_bias(name: str) -> None:
    norm = option("norm", name)(D_MODEL)
    norm.bias.data.fill_(0.25)
    y = norm(torch.randn(1, 3, D_MODEL), torch.tensor([[True, False, False]]))
    assert torch.equal(y[0, 0], torch.full((D_MODEL,), 0.25))


def test_a_batch_without_real_tokens_uses_the_running_statistics_and_leaves_them_alone() -> None:
    norm = option("norm", "batch")(D_MODEL)
    norm.running_mean.fill_(2.0)
    norm.running_var.fill_(4.0)
    y = norm(torch.full((1, 2, D_MODEL), 4.0), torch.zeros(1, 2, dtype=torch.bool))
    torch.testing.assert_close(y, torch.ones(1, 2, D_MODEL), rtol=0, atol=1e-5)
    assert norm.running_mean.tolist() == [2.0] * D_MODEL


def test_groups_that_do_not_divide_the_width_are_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"groups=3 does not divide d_model=8.*\[1, 2, 4, 8\]"):
        option("norm", "group", "norm.groups=3")(D_MODEL)


@pytest.mark.parametrize("name", ["minmax", "standardize"])
def test_an_unknown_axis_is_refused_with_the_choices(name: str) -> None:
    with pytest.raises(Exception, match=r"over(.|\n)*sentence"):
        option("norm", name, "norm.over=sentence")(D_MODEL)


@pytest.mark.parametrize("name", ["power", "power_v", "unified"])
def test_a_single_real_token_keeps_but_its_signs_where_nothing_is_centred(name: str) -> None:
    norm = option("norm", name, "norm.eps=0.0")(D_MODEL)
    x = torch.randn(1, 1, D_MODEL)
    torch.testing.assert_close(norm(x, torch.tensor([[True]])), x.sign())


def test_a_single_token_leaves_the_running_variance_alone() -> None:
    norm = option("norm", "batch")(D_MODEL)
    norm.running_var.fill_(3.0)
    norm(torch.randn(1, 1, D_MODEL), torch.tensor([[True]]))
    assert torch.equal(norm.running_var, torch.full((D_MODEL,), 3.0))
