"""Searches against beam search written down from its definition, one sentence at a time."""

from typing import NamedTuple

import pytest
import torch
from torch import Tensor

from tests.decoding.tiny import practised, rules, sentences
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Hypothesis, translate
from whynorm.model.transformer import Transformer

LENGTHS = [7, 2, 5, 1, 4, 8]
LATER = [(1, 0.6, 1), (4, 1.0, 2)]  # left to the long suite
EXTRA = 6
WIDTHS = [(3, 0.6, 3), *(pytest.param(*one, marks=pytest.mark.long) for one in LATER)]


class Prefix(NamedTuple):
    ids: list[int]
    score: float


def following(model: Transformer, source: Tensor, ids: list[int]) -> Tensor:
    """Log-probabilities of the token after a prefix, from the whole prefix."""
    target = torch.tensor([[BEGIN, *ids]])
    logits = model(source, target, rules()(source != PAD, target != PAD))[0, -1]
    logits[[PAD, BEGIN]] = -torch.inf
    return logits.log_softmax(0)


def beam(
    model: Transformer, source: Tensor, width: int, alpha: float, n_best: int
) -> list[Hypothesis]:
    """Wu et al. 2016: the best continuations of the live prefixes, those that end put aside."""
    live, ended = [Prefix([], 0.0)], []
    limit = source.shape[1] + EXTRA
    for length in range(1, limit + 1):
        grown = [
            Prefix([*one.ids, token], one.score + float(gain))
            for one in live
            for token, gain in enumerate(following(model, source, one.ids))
        ]
        best = sorted(grown, key=lambda one: -one.score)[:width]
        live = [one for one in best if one.ids[-1] != END]
        ended += [(one, ((5 + length) / 6) ** alpha) for one in best if one.ids[-1] == END]
    finished = [Hypothesis(one.ids[:-1], one.score / by, True) for one, by in ended]
    running = [Hypothesis(o.ids, o.score / ((5 + limit) / 6) ** alpha, False) for o in live]
    ranked = [sorted(some, key=lambda one: -one.score) for some in (finished, running)]
    return [*ranked[0], *ranked[1]][:n_best]


@pytest.mark.parametrize(("width", "alpha", "n_best"), WIDTHS)
@pytest.mark.parametrize("norm", ["layer", pytest.param("instance", marks=pytest.mark.long)])
@torch.no_grad()
def test_beam_search_equals_its_definition(
    norm: str, width: int, alpha: float, n_best: int
) -> None:
    model, source = practised(norm), sentences(LENGTHS, 8)
    search = Beam(width=width, length_penalty=alpha, n_best=n_best, extra_tokens=EXTRA)
    found = translate(model, rules(), source, search=search)
    for row, hypotheses in zip(source, found, strict=True):
        expected = beam(model, row[row != PAD][None], width, alpha, n_best)
        assert [(one.ids, one.ended) for one in hypotheses] == [(e.ids, e.ended) for e in expected]
        assert [h.score for h in hypotheses] == pytest.approx([one.score for one in expected])


@pytest.mark.parametrize("search", [Greedy(extra_tokens=EXTRA), Beam(width=4, extra_tokens=EXTRA)])
@torch.no_grad()
def test_translations_in_single_precision_are_those_in_double(search: Greedy | Beam) -> None:
    model, source = practised("layer"), sentences(LENGTHS, 8)
    double = translate(model, rules(), source, search=search)
    try:
        single = translate(model.float(), rules(), source, search=search)
    finally:
        model.double()
    assert [one.ids for (one,) in single] == [one.ids for (one,) in double]
    scores = [one.score for (one,) in double]
    assert [one.score for (one,) in single] == pytest.approx(scores, rel=1e-4)
