import math
from collections.abc import Callable
from functools import partial

import pytest

from whynorm.training.schedule import constant, cosine, inverse_square_root, noam

Schedule = Callable[[int, float], float]

WARM: list[Schedule] = [
    partial(inverse_square_root, warmup_updates=10),
    partial(constant, warmup_updates=10),
    partial(cosine, warmup_updates=10),
    partial(noam, d_model=64, warmup_updates=10, scale=math.sqrt(64 * 10)),
]
COLD: list[Schedule] = [
    partial(inverse_square_root, warmup_updates=0),
    partial(constant, warmup_updates=0),
    partial(cosine, warmup_updates=0),
]


@pytest.mark.parametrize("update", [1, 399, 400, 401, 9000])
def test_noam_is_equation_3_of_the_paper(update: int) -> None:
    expected = 512**-0.5 * min(update**-0.5, update * 400**-1.5)
    assert math.isclose(noam(update, 9000.0, d_model=512, warmup_updates=400), expected)


@pytest.mark.parametrize("schedule", WARM)
def test_a_warm_up_rises_linearly_from_the_first_update_to_one(schedule: Schedule) -> None:
    factors = [schedule(update, 100.0) for update in range(1, 11)]
    assert factors == pytest.approx([update / 10 for update in range(1, 11)])


@pytest.mark.parametrize("schedule", COLD)
def test_without_a_warm_up_the_first_update_has_about_the_whole_rate(schedule: Schedule) -> None:
    assert schedule(1, 1000.0) == pytest.approx(1, abs=1e-5)


def test_inverse_square_root_halves_when_updates_quadruple() -> None:
    later = partial(inverse_square_root, total_updates=1000.0, warmup_updates=10)
    assert later(400) == pytest.approx(later(100) / 2)


def test_noam_is_an_inverse_square_root_scaled_to_its_peak() -> None:
    peak = (64 * 10) ** -0.5
    for update in (1, 5, 10, 50):
        other = peak * inverse_square_root(update, 100.0, warmup_updates=10)
        assert math.isclose(noam(update, 100.0, d_model=64, warmup_updates=10), other)


def test_constant_stays_after_its_warm_up() -> None:
    assert constant(11, 100.0, warmup_updates=10) == constant(100, 100.0, warmup_updates=10) == 1


def test_cosine_ends_at_its_floor() -> None:
    assert cosine(100, 100.0, warmup_updates=10, floor=0.1) == pytest.approx(0.1)


def test_cosine_is_half_way_down_in_the_middle() -> None:
    assert cosine(55, 100.0, warmup_updates=10, floor=0.1) == pytest.approx(0.55)


def test_noam_refuses_to_have_no_warm_up() -> None:
    with pytest.raises(ValueError, match="warmup_updates=0 leaves the noam schedule without"):
        noam(1, 100.0, d_model=64, warmup_updates=0)


def test_cosine_refuses_a_training_without_an_end() -> None:
    with pytest.raises(ValueError, match="needs to know its last update"):
        cosine(1, math.inf, warmup_updates=10)


def test_cosine_warms_up_for_half_of_a_training_that_is_shorter_than_its_warm_up() -> None:
    factors = [cosine(update, 8.0, warmup_updates=400) for update in range(1, 9)]
    assert factors[:4] == [0.25, 0.5, 0.75, 1.0]
    assert factors[-1] == pytest.approx(0.0)


def test_a_warm_up_refuses_negative_updates() -> None:
    with pytest.raises(ValueError, match="warmup_updates=-1 is negative"):
        constant(1, 100.0, warmup_updates=-1)
