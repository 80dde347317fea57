import pytest
import torch
from torch.nn import functional as F

from whynorm.model.dropout import LANES, Dropout, noise

MANY = 400_000


def dropped(p: float, *, seed: int = 1, count: int = MANY) -> torch.Tensor:
    """What becomes of so many ones."""
    torch.manual_seed(seed)
    return Dropout(p)(torch.ones(count))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5])
def test_the_share_that_is_dropped_is_p(p: float) -> None:
    found = float((dropped(p) == 0).float().mean())
    assert abs(found - p) < 5 * (p * (1 - p) / MANY) ** 0.5


@pytest.mark.parametrize("p", [0.1, 1 / 3, 0.9])
def test_the_expectation_is_the_number_itself(p: float) -> None:
    kept = LANES - round(p * LANES)
    value = float(dropped(p).max())
    assert value * kept / LANES == pytest.approx(1, abs=1e-6)


def test_every_one_of_the_four_numbers_of_a_draw_is_dropped_as_often() -> None:
    shares = (dropped(0.25) == 0).float().view(-1, 4).mean(0)
    assert bool((shares - 0.25).abs().max() < 5 * (0.25 * 0.75 / (MANY / 4)) ** 0.5)


def test_neighbours_are_dropped_independently() -> None:
    zero = (dropped(0.5) == 0).double()
    centred = zero - zero.mean()
    for distance in (1, 2, 3, 4, 256):
        correlation = (centred[:-distance] * centred[distance:]).mean() / centred.var()
        assert abs(float(correlation)) < 5 / MANY**0.5


def test_the_gradient_passes_where_the_number_passes() -> None:
    x = torch.randn(2, 3, 50, dtype=torch.float64, requires_grad=True)
    y = Dropout(0.4)(x)
    y.sum().backward()
    assert x.grad is not None
    torch.testing.assert_close(y, x * x.grad)


def test_the_same_seed_drops_the_same_numbers_and_another_drops_others() -> None:
    one, again, other = dropped(0.1), dropped(0.1), dropped(0.1, seed=2)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7])
def test_any_number_of_numbers_can_be_drawn_for(count: int) -> None:
    assert noise(torch.ones(count, 1), 0.5).shape == (count, 1)


def test_half_precision_stays_half() -> None:
    assert Dropout(0.1)(torch.ones(8, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.parametrize("p", [0.0, 0.5])
def test_nothing_is_dropped_when_evaluating_or_without_probability(p: float) -> None:
    x = torch.randn(100)
    assert torch.equal(Dropout(p).train(p == 0)(x), x)


def test_another_device_draws_with_torch_s_own_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(F, "dropout", lambda x, p: asked.append(p) or x)
    Dropout(0.2)(torch.ones(3, device="meta"))
    assert asked == [0.2]


@pytest.mark.parametrize("p", [-0.1, 1.0, 2.0])
def test_a_share_of_all_or_of_less_than_none_is_refused(p: float) -> None:
    with pytest.raises(ValueError, match=r"model\.dropout=.* is no share below 1"):
        Dropout(p)
