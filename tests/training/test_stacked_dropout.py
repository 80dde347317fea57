"""Dropout that is drawn beforehand."""

import pytest
import torch

from whynorm.model.dropout import Dropout, foreseen
from whynorm.training.stacked_dropout import Call, chance, drawn, set_chance

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("device", DEVICES)
def test_noise_that_is_foreseen_is_what_dropout_multiplies_by(device: str) -> None:
    x, dropout = torch.randn(3, 5, 7, device=device), Dropout(0.3)
    state = chance(x.device)
    expected = x * foreseen(x, 0.3)
    set_chance(x.device, state)
    torch.testing.assert_close(dropout(x), expected)


def test_each_run_draws_for_its_own_sizes_from_its_own_chance() -> None:
    call = Call(("batch", "source", 4), torch.float32, 0.5)
    sizes = [{"batch": 2, "source": 3}, {"batch": 3, "source": 2}]
    states = [torch.Generator().manual_seed(seed).get_state() for seed in (1, 2)]
    (found,) = drawn([call], sizes, {"batch": 3, "source": 3}, states, torch.device("cpu"))
    torch.set_rng_state(states[1])
    torch.testing.assert_close(found[1, :3, :2], foreseen(torch.empty(3, 2, 4), 0.5))


def test_noise_beyond_the_sizes_of_a_run_is_0() -> None:
    call = Call(("batch", "source", 4), torch.float32, 0.5)
    state = torch.get_rng_state()
    common = {"batch": 3, "source": 3}
    (found,) = drawn([call], [{"batch": 2, "source": 2}], common, [state], torch.device("cpu"))
    assert found.count_nonzero() == found[:, :2, :2].count_nonzero() > 0
