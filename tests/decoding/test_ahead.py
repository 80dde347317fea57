import pytest
import torch
from torch import Tensor

from tests.decoding.tiny import rules
from whynorm.decoding.ahead import Ahead

REACH = 12


def sources(*lengths: int) -> Tensor:
    """Which of five tokens of each sentence are real."""
    return torch.arange(5) < torch.tensor(lengths)[:, None]


@pytest.mark.parametrize("at", [0, 4, REACH - 1])
def test_a_newest_token_that_may_see_everything_has_no_mask(at: int) -> None:
    newest = Ahead.of(rules(), sources(5, 5), REACH).newest(at, 2)
    assert (newest.decoder, newest.cross) == (None, None)


def test_padding_of_one_source_is_hidden_from_the_newest_token() -> None:
    newest = Ahead.of(rules(), sources(5, 3), REACH).newest(2, 2)
    assert newest.cross is not None
    assert newest.cross[:, 0, 0].equal(sources(5, 3))


def test_what_lies_outside_of_a_window_is_hidden_from_the_newest_token() -> None:
    ahead = Ahead.of(rules("window"), sources(5), REACH)
    near, far = ahead.newest(4, 1).decoder, ahead.newest(5, 1).decoder
    assert near is None and far is not None
    assert far.flatten().tolist() == [False] + [True] * 5
