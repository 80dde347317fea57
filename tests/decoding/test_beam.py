import itertools

import pytest
import torch

from tests.decoding.toy import TOKENS, Scripted, recurrent
from whynorm.data.vocabulary import BEGIN, END, PAD, UNKNOWN
from whynorm.decoding.beam import Beam, penalty
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis

LONGEST = 4


def every_translation(sentence: int, seed: int, alpha: float) -> list[Hypothesis]:
    """All translations of at most LONGEST tokens, END included, best first."""
    words = [token for token in range(TOKENS) if token not in (PAD, BEGIN, END)]
    found = [
        scored(sentence, [*ids, END], seed, alpha)
        for length in range(LONGEST)
        for ids in itertools.product(words, repeat=length)
    ]
    return sorted(found, key=lambda one: -one.score)


def scored(sentence: int, ids: list[int], seed: int, alpha: float) -> Hypothesis:
    state, total = recurrent(3, seed=seed).select(torch.tensor([sentence])), 0.0
    for token, following in itertools.pairwise([BEGIN, *ids]):
        logits = state.step(torch.tensor([token]))[0]
        logits[[PAD, BEGIN]] = -torch.inf
        total += float(logits.log_softmax(0)[following])
    return Hypothesis(ids[:-1], total / ((5 + len(ids)) / 6) ** alpha, True)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(3))
def test_a_wide_beam_finds_what_enumerating_every_translation_finds(
    alpha: float, seed: int
) -> None:
    search = Beam(width=4**LONGEST, length_penalty=alpha, n_best=10)
    found = search(recurrent(3, seed=seed), torch.full((3,), LONGEST))
    for sentence, hypotheses in enumerate(found):
        best = every_translation(sentence, seed, alpha)[:10]
        assert [one.ids for one in hypotheses] == [one.ids for one in best]
        assert [one.score for one in hypotheses] == pytest.approx([one.score for one in best])


@pytest.mark.parametrize("alpha", [0.0, 0.6, 2.0])
def test_a_beam_of_one_equals_greedy_search(alpha: float) -> None:
    limits = torch.arange(1, 41)
    greedy = Greedy()(recurrent(40), limits)
    beam = Beam(width=1, length_penalty=alpha)(recurrent(40), limits)
    assert [(one.ids, one.ended) for (one,) in beam] == [(g.ids, g.ended) for (g,) in greedy]


def test_without_a_length_penalty_a_beam_of_one_scores_as_greedy_search_does() -> None:
    limits = torch.arange(1, 41)
    greedy = Greedy()(recurrent(40), limits)
    assert Beam(width=1, length_penalty=0.0)(recurrent(40), limits) == greedy


@pytest.mark.parametrize("alpha", [0.0, 0.6])
def test_beam_search_finds_likelier_translations_than_greedy_search(alpha: float) -> None:
    limits = torch.full((40,), 12)
    wide = Beam(width=6, length_penalty=alpha)(recurrent(40), limits)
    narrow = Beam(width=1, length_penalty=alpha)(recurrent(40), limits)
    gains = [w.score - n.score for (w,), (n,) in zip(wide, narrow, strict=True) if n.ended]
    assert sum(gain > 1e-6 for gain in gains) > len(gains) / 4


@pytest.mark.parametrize("search", [Greedy(), Beam(width=4, n_best=3)])
def test_a_sentence_is_translated_alike_alone_and_among_others(search: Greedy | Beam) -> None:
    limits = torch.arange(3, 23)
    together = search(recurrent(20), limits)
    for sentence in range(20):
        row = torch.tensor([sentence])
        assert search(recurrent(20).select(row), limits[row])[0] == together[sentence]


def test_a_larger_length_penalty_gives_longer_translations() -> None:
    limits = torch.full((40,), 30)

    def words(alpha: float) -> int:
        search = Beam(width=6, length_penalty=alpha)
        found = search(recurrent(40, bias={END: -1.0}), limits)
        return sum(len(one.ids) for (one,) in found)

    assert words(0.0) < words(0.6) < words(1.0)


def test_the_length_penalty_equals_the_formula_of_wu_et_al() -> None:
    assert [penalty(1, 0.6), penalty(7, 0.6), penalty(13, 1.0)] == pytest.approx([1, 2**0.6, 3])


def test_hypotheses_come_best_first_and_none_twice() -> None:
    for hypotheses in Beam(width=6, n_best=6)(recurrent(10), torch.full((10,), 12)):
        scores = [one.score for one in hypotheses]
        assert scores == sorted(scores, reverse=True)
        assert len({tuple(one.ids) for one in hypotheses if one.ended}) == len(hypotheses)


def test_a_beam_stops_once_nothing_live_can_win() -> None:
    state = recurrent(5, bias={END: 30.0})
    Beam(width=4)(state, torch.full((5,), 100))
    assert len(state.weights.rows) == 1


@pytest.mark.parametrize(("alpha", "words"), [(0.0, []), (1.0, [4] * 9)])
def test_a_beam_goes_on_while_the_length_penalty_could_still_reward_a_live_hypothesis(
    alpha: float, words: list[int]
) -> None:
    script = torch.full((10, TOKENS), -50.0)
    script[0, END], script[0, 4] = -0.5, -0.9328  # END, with a score of -0.5, or 4, with -0.93
    script[1:9, 4], script[9, END] = 0.0, 0.0
    (found,) = Beam(width=2, length_penalty=alpha)(Scripted(script, 1), torch.tensor([10]))[0]
    assert (found.ids, found.ended) == (words, True)


def test_sentences_that_are_done_leave_the_beam() -> None:
    state = recurrent(2, bias={END: -torch.inf})
    Beam(width=4)(state, torch.tensor([2, 5]))
    assert state.weights.rows == [8, 8, 4, 4, 4]


def test_unfinished_hypotheses_only_fill_up_those_that_ended() -> None:
    found = Beam(width=4, n_best=4)(recurrent(30), torch.full((30,), 2))
    ended = [[one.ended for one in hypotheses] for hypotheses in found]
    assert all(flags == sorted(flags, reverse=True) for flags in ended)
    assert any(len(set(flags)) == 2 for flags in ended)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"width": 0}, "beam width 0 keeps no hypothesis; choose 1 or more"),
        ({"width": 2, "n_best": 3}, "n_best=3 must lie between 1 and the beam width 2"),
        ({"width": 2, "n_best": 0}, "n_best=0 must lie between 1 and the beam width 2"),
        ({"length_penalty": -0.5}, "length_penalty=-0.5 is negative; choose 0"),
        ({"extra_tokens": -1}, "extra_tokens=-1 is negative; choose 0 or more"),
    ],
)
def test_a_beam_refuses_what_makes_no_sense(choice: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Beam(**choice)


SEARCHES = [Greedy(), Beam(width=4)]


@pytest.mark.parametrize("search", SEARCHES)
def test_no_search_emits_padding_or_begin(search: Greedy | Beam) -> None:
    state = recurrent(20, bias={PAD: 20.0, BEGIN: 20.0})
    found = search(state, torch.full((20,), 12))
    assert not {PAD, BEGIN} & {token for (one,) in found for token in one.ids}


@pytest.mark.parametrize("kind", [Greedy, Beam])
def test_a_search_emits_unknown_words_unless_asked_not_to(kind: type[Greedy] | type[Beam]) -> None:
    def emitted(forbid: bool) -> bool:
        state = recurrent(20, bias={UNKNOWN: 5.0})
        found = kind(forbid_unknown=forbid)(state, torch.full((20,), 12))
        return any(UNKNOWN in one.ids for (one,) in found)

    assert (emitted(False), emitted(True)) == (True, False)


@pytest.mark.parametrize("search", SEARCHES)
def test_a_translation_that_never_ends_is_returned_at_its_limit(search: Greedy | Beam) -> None:
    found = search(recurrent(3, bias={END: -torch.inf}), torch.tensor([3, 7, 5]))
    assert [(len(one.ids), one.ended) for (one,) in found] == [(3, False), (7, False), (5, False)]


@pytest.mark.parametrize("search", SEARCHES)
def test_a_diverged_model_still_gives_one_translation_a_sentence(search: Greedy | Beam) -> None:
    found = search(recurrent(2, bias=dict.fromkeys(range(TOKENS), torch.nan)), torch.tensor([3, 5]))
    assert [len(one.ids) <= limit for (one,), limit in zip(found, (3, 5), strict=True)] == [
        True
    ] * 2
