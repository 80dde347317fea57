import math

import pytest
import torch
from torch.nn import functional as F

from whynorm.training.loss import (
    correct_tokens,
    loss_at_lowest_objective,
    lowest_objective,
    token_loss,
)


def test_the_objective_is_the_cross_entropy_with_the_smoothed_label() -> None:
    logits, labels = torch.randn(7, 5), torch.randint(5, (7,))
    smoothed = 0.9 * F.one_hot(labels, 5) + 0.1 / 5
    expected = -(smoothed * logits.log_softmax(-1)).sum()
    torch.testing.assert_close(token_loss(logits, labels, label_smoothing=0.1).objective, expected)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 0.5])
def test_the_plain_loss_is_the_negative_log_likelihood(label_smoothing: float) -> None:
    logits, labels = 5 * torch.randn(7, 5), torch.randint(5, (7,))
    expected = F.nll_loss(logits.log_softmax(-1), labels, reduction="sum")
    loss = token_loss(logits, labels, label_smoothing=label_smoothing).loss
    torch.testing.assert_close(loss, expected)


def test_logits_in_half_precision_are_summed_in_single_precision() -> None:
    logits, labels = torch.randn(999, 5).bfloat16(), torch.randint(5, (999,))
    loss = token_loss(logits, labels, label_smoothing=0.1)
    expected = token_loss(logits.float(), labels, label_smoothing=0.1)
    torch.testing.assert_close(loss.objective, expected.objective)


def test_a_token_is_correct_if_its_label_is_the_likeliest() -> None:
    logits = torch.tensor([[2.0, 1.0], [1.0, 2.0], [1.0, 2.0]])
    assert correct_tokens(logits, torch.tensor([0, 0, 1])) == 2


@pytest.mark.parametrize("label_smoothing, vocabulary", [(0.1, 4), (0.3, 9), (0.9, 2)])
def test_the_lowest_objective_is_where_descent_ends(
    label_smoothing: float, vocabulary: int
) -> None:
    logits = torch.zeros(1, vocabulary, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits], max_iter=200, tolerance_grad=1e-12)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = token_loss(logits, torch.tensor([1]), label_smoothing=label_smoothing).objective
        loss.backward()
        return loss

    optimizer.step(closure)
    lowest = lowest_objective(label_smoothing=label_smoothing, vocabulary=vocabulary)
    assert math.isclose(closure().item(), lowest, abs_tol=1e-9)


def test_without_smoothing_the_lowest_objective_is_zero() -> None:
    assert lowest_objective(label_smoothing=0.0, vocabulary=8000) == 0.0


def test_a_perfect_model_of_smoothed_labels_is_as_sure_of_a_label_as_the_labels_are() -> None:
    label = 1 - 0.1 + 0.1 / 8
    logits = torch.full((1, 8), 0.1 / 8).log()
    logits[0, 3] = math.log(label)
    found = token_loss(logits, torch.tensor([3]), label_smoothing=0.1)
    floor = lowest_objective(label_smoothing=0.1, vocabulary=8)
    assert float(found.objective) == pytest.approx(floor, rel=1e-5)
    expected = loss_at_lowest_objective(label_smoothing=0.1, vocabulary=8)
    assert float(found.loss) == pytest.approx(expected, rel=1e-4)
