import numpy
import pytest
import torch
from torch import Tensor

from tests.model.build import transformer
from tests.options import option
from tests.probes.subjects import SHORT, batches, changed, everything
from whynorm.probes.discrepancy import (
    EPS,
    Moments,
    Sample,
    StatisticsObserver,
    discrepancy,
    discrepancy_by_feature,
    fluctuation,
    moments,
    of_the_others,
    pooled,
    towards,
)
from whynorm.probes.subject import logits

REAL = torch.tensor([[True, True, True], [True, False, False]])
TRAINING = [*batches(10), *SHORT]


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


def a_sample(x: Tensor) -> Sample:
    """The tokens of a batch that are the rows of x."""
    return Sample(len(x), moments(x, torch.ones(len(x), dtype=torch.bool)))


def test_batches_pooled_have_the_moments_of_all_their_tokens_together() -> None:
    parts = [torch.randn(n, 5) * n + 1000 * n for n in (7, 1, 2, 30, 1)]
    every = torch.cat(parts).double().numpy()
    found = pooled([a_sample(part) for part in parts])
    numpy.testing.assert_allclose(found.mean.numpy(), every.mean(0), rtol=1e-6)
    numpy.testing.assert_allclose(found.variance.numpy(), every.var(0, ddof=1), rtol=1e-5)


def test_batches_that_are_constant_each_still_vary_among_each_other() -> None:
    found = pooled([a_sample(torch.full((n, 1), float(n))) for n in (1, 3)])
    assert float(found.variance) == pytest.approx(numpy.var([1, 3, 3, 3], ddof=1))


def test_the_others_of_a_batch_are_all_the_tokens_but_its_own() -> None:
    parts = [torch.randn(n, 5) for n in (4, 1, 2)]
    for index, found in enumerate(of_the_others([a_sample(part) for part in parts])):
        rest = torch.cat([part for at, part in enumerate(parts) if at != index]).double().numpy()
        numpy.testing.assert_allclose(found.mean.numpy(), rest.mean(0), atol=1e-6)
        numpy.testing.assert_allclose(found.variance.numpy(), rest.var(0, ddof=1), rtol=1e-5)


def test_a_batch_without_others_has_no_population() -> None:
    assert all(part.isnan().all() for part in of_the_others([a_sample(torch.randn(3, 5))])[0])


def test_a_batch_of_one_token_moves_the_running_mean_and_not_the_variance() -> None:
    running, token = some_moments(1), torch.randn(1, 5)
    moved = towards(running, a_sample(token), 0.25)
    numpy.testing.assert_allclose(moved.mean, 0.75 * running.mean + 0.25 * token[0], rtol=1e-5)
    assert torch.equal(moved.variance, running.variance)


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


def test_the_discrepancy_of_each_feature_equals_the_authors_formula() -> None:
    batch, population = some_moments(1), some_moments(2)
    (mean, _, deviation), (old, _, spread) = numbers(batch), numbers(population)
    expected = [
        sum(abs(old[c] - mean[c]) / deviation[c] for c in range(5)) / 5,
        sum(abs(spread[c] / deviation[c] - 1) for c in range(5)) / 5,
    ]
    measured = [float(v) for v in discrepancy_by_feature(batch, population)]
    assert measured == pytest.approx(expected, rel=1e-5)


def test_the_two_discrepancies_are_not_the_same_number() -> None:
    batch, population = some_moments(1), some_moments(2)
    assert discrepancy(batch, population) != discrepancy_by_feature(batch, population)


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


def test_the_observer_does_not_measure_a_batch_of_one_token() -> None:
    norm = option("norm", "layer")(5).train()
    observer = StatisticsObserver()
    observer.attach(norm)
    norm(torch.randn(1, 1, 5), torch.ones(1, 1, dtype=torch.bool))
    assert observer.values() == {}


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
