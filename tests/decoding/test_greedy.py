import pytest
import torch

from tests.decoding.toy import recurrent
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.decoding.greedy import Greedy


def test_greedy_search_takes_the_likeliest_token_at_each_step() -> None:
    (found,) = Greedy()(recurrent(1), torch.tensor([30]))[0]
    state, token = recurrent(1), BEGIN
    for chosen in [*found.ids, END]:
        logits = state.step(torch.tensor([token]))[0]
        logits[[PAD, BEGIN]] = -torch.inf
        token = int(logits.argmax())
        assert token == chosen


def test_greedy_search_scores_by_log_probability() -> None:
    (found,) = Greedy()(recurrent(1), torch.tensor([30]))[0]
    state, token, total = recurrent(1), BEGIN, 0.0
    for chosen in [*found.ids, END]:
        logits = state.step(torch.tensor([token]))[0]
        logits[[PAD, BEGIN]] = -torch.inf
        total, token = total + float(logits.log_softmax(0)[chosen]), chosen
    assert found.score == pytest.approx(total)


def test_sentences_that_are_done_leave_greedy_search() -> None:
    state = recurrent(3, bias={END: -torch.inf})
    Greedy()(state, torch.tensor([3, 1, 2]))
    assert state.weights.rows == [3, 2, 1]


def test_greedy_search_refuses_a_negative_number_of_extra_tokens() -> None:
    with pytest.raises(ValueError, match="extra_tokens=-2 is negative; choose 0 or more"):
        Greedy(extra_tokens=-2)
