import math

import pytest
import torch
from torch import nn

from tests.model.build import transformer
from tests.options import option
from tests.probes.subjects import a_batch, changed, everything
from whynorm.probes.snapshot import held
from whynorm.probes.stream import (
    FlowObserver,
    effective_rank,
    gradient_norm,
    kurtosis,
    outliers,
    real_states,
)
from whynorm.probes.subject import logits

DEEP = ("model.encoder_layers=4", "model.decoder_layers=4")


def test_states_are_those_of_real_tokens_of_all_streams() -> None:
    x, real = torch.randn(2, 3, 4, 5), torch.rand(3, 4) > 0.5
    expected = [x[s, b, t] for s in range(2) for b, t in real.nonzero().tolist()]
    assert torch.equal(real_states(x, real), torch.stack(expected))


def test_without_gradients_their_norm_is_zero() -> None:
    assert gradient_norm(nn.Linear(2, 2)) == 0


def test_orthonormal_rows_have_an_effective_rank_of_their_number() -> None:
    rows = torch.linalg.qr(torch.randn(12, 12)).Q[:5]
    assert float(effective_rank(rows)) == pytest.approx(5, rel=1e-5)
    assert float(effective_rank(rows.T.contiguous())) == pytest.approx(5, rel=1e-5)


def test_a_matrix_of_rank_one_has_effective_rank_one() -> None:
    matrix = torch.randn(40, 1) @ torch.randn(1, 16)
    assert float(effective_rank(matrix)) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("shape", [(40, 16), (9, 16)])
def test_the_effective_rank_equals_that_of_the_singular_values(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape) * torch.rand(shape[1])
    values = torch.linalg.svdvals(matrix.double()).tolist()
    share = [value / sum(values) for value in values]
    expected = math.exp(-sum(p * math.log(p) for p in share))
    assert float(effective_rank(matrix)) == pytest.approx(expected, rel=1e-5)


def test_the_effective_rank_of_a_run_that_diverged_is_not_a_number() -> None:
    assert effective_rank(torch.full((3, 4), torch.nan)).isnan()


def test_the_kurtosis_of_a_gaussian_is_three() -> None:
    assert float(kurtosis(torch.randn(50, 20_000))) == pytest.approx(3, abs=0.02)


def test_the_kurtosis_of_two_values_in_equal_shares_is_one() -> None:
    assert float(kurtosis(torch.tensor([[7.0, -1.0] * 8]))) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("scale", [1e-30, 1e-10, 1.0, 1e15])
def test_the_kurtosis_does_not_depend_on_the_scale(scale: float) -> None:
    states = torch.randn(50, 2_000)
    values = (states * scale).double().numpy()
    z = (values - values.mean(1, keepdims=True)) / values.std(1, keepdims=True)
    assert float(kurtosis(states * scale)) == pytest.approx((z**4).mean(), rel=1e-6)
    assert float(kurtosis(states * scale)) == pytest.approx(float(kurtosis(states)), rel=1e-5)


def test_features_that_are_all_equal_have_kurtosis_zero() -> None:
    assert float(kurtosis(torch.full((3, 7), 0.1))) == 0


def test_one_large_feature_shows_as_outlier_and_as_kurtosis() -> None:
    token = torch.ones(1, 101)
    token[0, 0] = 30.0
    assert float(outliers(token)) == 30
    # One value among n has kurtosis n - 2 + 1 / (n - 1).
    assert float(kurtosis(token)) == pytest.approx(99 + 1 / 100, rel=1e-3)


def test_the_observer_sees_nothing_once_detached() -> None:
    model = transformer()
    before = everything(model)
    observer = FlowObserver()
    observer.attach(model)
    observer.detach()
    with held(model, training=True):
        logits(model, option("mask", "paper"), a_batch(0))
    assert {name.split("/")[2] for name in observer.values()} == {"gradient_norm"}
    assert changed(before, model) == []
