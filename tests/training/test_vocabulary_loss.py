from collections.abc import Callable

import pytest
import torch
from torch.nn import functional as F

from whynorm.training import vocabulary_loss as module
from whynorm.training.loss import token_loss
from whynorm.training.vocabulary_loss import vocabulary_loss

TOKENS, FEATURES, VOCABULARY = 37, 8, 23
Inputs = tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]


@pytest.fixture(params=[1, 5, 37, 1000], ids=lambda tokens: f"{tokens} tokens at a time")
def pieces(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many tokens are projected at a time."""
    monkeypatch.setitem(module.SCORES, "cpu", request.param * VOCABULARY)


def inputs(dtype: torch.dtype, *, bias: bool) -> Inputs:
    """States, the projection's weight and, where asked for, its bias."""
    draw = torch.Generator().manual_seed(1)
    shapes = [(TOKENS, FEATURES), (VOCABULARY, FEATURES), (VOCABULARY,)]
    states, weight, b = (
        torch.randn(shape, generator=draw, dtype=dtype).requires_grad_() for shape in shapes
    )
    return states, weight, b if bias else None


def labels() -> torch.Tensor:
    """A label for each token, some of them more than once."""
    return torch.arange(TOKENS) % 7


def learnt(
    loss: Callable[[Inputs], torch.Tensor], dtype: torch.dtype, *, bias: bool
) -> list[torch.Tensor]:
    """The loss, and its gradient in states, weight and bias."""
    values = inputs(dtype, bias=bias)
    found = loss(values)
    (3 * found).backward()
    return [found.detach(), *(x.grad for x in values if x is not None and x.grad is not None)]


def whole(values: Inputs, smoothing: float) -> torch.Tensor:
    """The loss by way of all scores at once."""
    scores = F.linear(*values)
    return token_loss(scores, labels(), label_smoothing=smoothing).objective


def in_pieces(values: Inputs, smoothing: float) -> torch.Tensor:
    """The loss in question."""
    return vocabulary_loss(*values, labels(), label_smoothing=smoothing).objective


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("dtype", "within"), [(torch.float64, 1e-12), (torch.float32, 1e-6)])
def test_loss_and_gradients_equal_those_of_all_scores_at_once(
    smoothing: float, bias: bool, dtype: torch.dtype, within: float
) -> None:
    found = learnt(lambda values: in_pieces(values, smoothing), dtype, bias=bias)
    expected = learnt(lambda values: whole(values, smoothing), dtype, bias=bias)
    for one, other in zip(found, expected, strict=True):
        scale = float(other.abs().max())
        torch.testing.assert_close(one, other, rtol=0, atol=within * max(scale, 1))


@pytest.mark.usefixtures("pieces")
def test_the_plain_loss_is_the_negative_log_likelihood_without_smoothing() -> None:
    states, weight, bias = inputs(torch.float64, bias=True)
    found = vocabulary_loss(states, weight, bias, labels(), label_smoothing=0.1).loss
    expected = F.cross_entropy(F.linear(states, weight, bias), labels(), reduction="sum")
    torch.testing.assert_close(found, expected.detach())


def test_the_plain_loss_has_no_gradient() -> None:
    found = vocabulary_loss(*inputs(torch.float64, bias=False), labels(), label_smoothing=0.1)
    assert not found.loss.requires_grad
    assert found.objective.requires_grad


def test_without_gradients_the_loss_is_the_same() -> None:
    values = inputs(torch.float64, bias=True)
    with torch.no_grad():
        found = vocabulary_loss(*values, labels(), label_smoothing=0.1).objective
    torch.testing.assert_close(found, whole(values, 0.1).detach())


def test_a_table_that_is_the_projection_too_gets_both_gradients() -> None:
    table = torch.randn(VOCABULARY, FEATURES, dtype=torch.float64, requires_grad=True)
    vocabulary_loss(table[labels()], table, None, labels()).objective.backward()
    found, table.grad = table.grad, None
    F.cross_entropy(table[labels()] @ table.T, labels(), reduction="sum").backward()
    torch.testing.assert_close(found, table.grad)


@pytest.mark.usefixtures("pieces")
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_under_autocast_it_is_near_the_same_in_single_precision(dtype: torch.dtype) -> None:
    expected = learnt(lambda values: in_pieces(values, 0.1), torch.float32, bias=True)
    with torch.autocast("cpu", dtype=dtype):
        found = learnt(lambda values: in_pieces(values, 0.1), torch.float32, bias=True)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        assert float((one - other).norm() / other.norm()) < 0.02


def test_no_token_has_no_loss_and_no_gradient() -> None:
    states, weight = torch.zeros(0, FEATURES), torch.ones(VOCABULARY, FEATURES, requires_grad=True)
    found = vocabulary_loss(states, weight, None, torch.zeros(0, dtype=torch.long)).objective
    found.backward()
    assert float(found.detach()) == 0
    assert torch.equal(weight.grad, torch.zeros_like(weight))  # pyright: ignore[reportArgumentType]


def test_scores_that_lie_far_apart_are_summed_exactly() -> None:
    states = torch.tensor([[1000.0], [-1000.0]], requires_grad=True)
    weight = torch.tensor([[1.0], [0.5], [-1.0]])
    found = vocabulary_loss(states, weight, None, torch.tensor([2, 2]), label_smoothing=0.0)
    assert found.objective.tolist() == 2000.0
