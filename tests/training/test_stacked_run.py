"""What becomes of runs that are trained at once when one of them does not come to its end."""

import pytest
import torch

from tests.training.meeting import SEEDS, apart_layer, at_once, fit, numbers, run
from whynorm.training.divergence import Diverged
from whynorm.training.module import TranslationModule


def diverging(seed: int) -> TranslationModule:
    """A run whose first step is far too long, for one of the seeds."""
    return run(seed, rate=1e200 if seed == SEEDS[1] else 1e-3)


def test_a_run_that_diverges_does_so_as_alone_and_leaves_the_others_untouched() -> None:
    found, meeting, errors = at_once(diverging)
    assert meeting.reason is None
    assert {seed: str(error) for seed, error in errors.items()} == {SEEDS[1]: alone_error()}
    others, expected = numbers([found[0], found[2]]), numbers(apart_layer())
    torch.testing.assert_close(others, [expected[0], expected[2]], rtol=0, atol=1e-10)


def alone_error() -> str:
    with pytest.raises(Diverged) as error:
        fit(diverging(SEEDS[1]), SEEDS[1], {})
    return str(error.value)


def failing(seed: int) -> TranslationModule:
    """A run that fails before its first batch, for one of the seeds."""
    module = run(seed)
    if seed == SEEDS[1]:
        module.schedule = None  # pyright: ignore[reportAttributeAccessIssue]
    return module


def test_a_run_that_fails_before_its_first_batch_keeps_nobody_waiting() -> None:
    found, _, errors = at_once(failing)
    assert list(errors) == [SEEDS[1]]
    others, expected = numbers([found[0], found[2]]), numbers(apart_layer())
    torch.testing.assert_close(others, [expected[0], expected[2]], rtol=0, atol=1e-10)


def test_an_error_in_the_common_computation_is_every_run_s(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError("too many runs")

    monkeypatch.setattr("whynorm.training.stacked.Stacked.learn", broken)
    monkeypatch.setattr("whynorm.training.stacked_run.trial", lambda *_: None)
    assert {seed: str(error) for seed, error in at_once(run)[2].items()} == dict.fromkeys(
        SEEDS, "too many runs"
    )
