import numpy
import pytest
import torch
from torch import Tensor

from tests.model.build import transformer
from tests.options import option
from tests.probes.subjects import (
    batches,
    changed,
    everything,
)
from whynorm.probes.discrepancy import (
    EPS,
    Moments,
    StatisticsObserver,
    discrepancy,
    discrepancy_as_published,
    fluctuation,
    moments,
)
from whynorm.probes.subject import logits

REAL = torch.tensor([[True, True, True], [True, False, False]])
TRAINING = batches(10)


def by_loops(x: Tensor, real: Tensor) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Mean and unbiased variance of each feature over real tokens, token by token."""
    tokens = [x[b, t].double().numpy() for b, t in real.nonzero().tolist()]
    mean, squares = numpy.zeros(x.shape[-1]), numpy.zeros(x.shape[-1])
    for token in tokens:
        mean += token / len(tokens)
    for token in tokens:
        squares += (token - mean) ** 2
    return mean, squares / (len(tokens) - 1)


def some_moments(seed: int) -> Moments:
    draw = torch.Generator().manual_seed(seed)
    return Moments(torch.randn(5, generator=draw), torch.rand(5, generator=draw) + 0.5)


def numbers(given: Moments) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Mean, variance, deviation in double precision."""
    mean, variance = (part.double().numpy() for part in given)
    return mean, variance, numpy.sqrt(variance + EPS)


def test_moments_equal_those_of_the_real_tokens_counted_one_by_one() -> None:
    x = torch.randn(2, 3, 5)
    x[~REAL] = torch.nan
    mean, variance = by_loops(x, REAL)
    measured = moments(x, REAL)
    numpy.testing.assert_allclose(measured.mean.numpy(), mean, atol=1e-6)
    numpy.testing.assert_allclose(measured.variance.numpy(), variance, atol=1e-6)


def test_one_token_has_variance_zero() -> None:
    alone = torch.zeros(2, 3, dtype=torch.bool)
    alone[0, 0] = True
    assert torch.equal(moments(torch.randn(2, 3, 5), alone).variance, torch.zeros(5))


def test_the_fluctuation_equals_its_formula() -> None:
    batch, running = some_moments(1), some_moments(2)
    (mean, variance, _), (old, spread, deviation) = numbers(batch), numbers(running)
    expected_mean = numpy.sqrt(sum((mean - old) ** 2)) / numpy.sqrt(sum(deviation**2))
    expected = numpy.sqrt(sum((variance - spread) ** 2)) / numpy.sqrt(sum((spread + EPS) ** 2))
    assert [float(v) for v in fluctuation(batch, running)] == pytest.approx(
        [expected_mean, expected], rel=1e-5
    )


def test_the_discrepancy_of_the_paper_equals_its_formula() -> None:
    batch, population = some_moments(1), some_moments(2)
    (mean, _, deviation), (old, _, spread) = numbers(batch), numbers(population)
    size = numpy.sqrt(sum(spread**2))
    expected = [
        numpy.sqrt(sum((mean - old) ** 2)) / size,
        numpy.sqrt(sum((deviation - spread) ** 2)) / size,
    ]
    assert [float(v) for v in discrepancy(batch, population)] == pytest.approx(expected, rel=1e-5)


def test_the_published_discrepancy_equals_its_formula() -> None:
    batch, population = some_moments(1), some_moments(2)
    (mean, _, deviation), (old, _, spread) = numbers(batch), numbers(population)
    expected = [
        sum(abs(old[c] - mean[c]) / deviation[c] for c in range(5)) / 5,
        sum(abs(spread[c] / deviation[c] - 1) for c in range(5)) / 5,
    ]
    measured = [float(v) for v in discrepancy_as_published(batch, population)]
    assert measured == pytest.approx(expected, rel=1e-5)


def test_the_two_discrepancies_are_not_the_same_number() -> None:
    batch, population = some_moments(1), some_moments(2)
    assert discrepancy(batch, population) != discrepancy_as_published(batch, population)


def test_the_observers_running_statistics_equal_those_of_batch_norm() -> None:
    model = transformer("batch", "pre").train()
    observer = StatisticsObserver(momentum=0.1)
    observer.attach(model)
    for batch in TRAINING:
        logits(model, option("mask", "paper"), batch)
    assert len(observer.running) == 12
    for name, running in observer.running.items():
        norm = model.get_submodule(name)
        torch.testing.assert_close(running.mean, norm.running_mean, rtol=1e-4, atol=1e-6)
        torch.testing.assert_close(running.variance, norm.running_var, rtol=1e-4, atol=1e-6)


def test_the_observer_measures_a_batch_before_it_moves_its_statistics() -> None:
    norm = option("norm", "layer")(5).train()
    observer = StatisticsObserver(momentum=0.5)
    observer.attach(norm)
    x = torch.randn(2, 3, 5)
    norm(x, REAL)
    mean, _ = by_loops(x, REAL)
    first = numpy.sqrt(sum(mean**2)) / numpy.sqrt(5 * (1 + EPS))
    assert observer.values()["/fluctuation_mean"] == pytest.approx(first, rel=1e-5)
    norm(x, REAL)
    assert observer.values()["/fluctuation_mean"] != pytest.approx(first, rel=1e-2)


def test_the_observer_passes_over_evaluation_and_empty_batches() -> None:
    norm = option("norm", "batch")(5)
    observer = StatisticsObserver()
    observer.attach(norm)
    norm.eval()(torch.randn(2, 3, 5), REAL)
    norm.train()(torch.randn(2, 3, 5), torch.zeros_like(REAL))
    assert observer.values() == {}


def test_the_observer_sees_nothing_once_detached() -> None:
    norm = option("norm", "layer")(5).train()
    before = everything(norm)
    observer = StatisticsObserver()
    observer.attach(norm)
    observer.detach()
    norm(torch.randn(2, 3, 5), REAL)
    assert observer.values() == {}
    assert changed(before | {"random": torch.get_rng_state()}, norm) == []
