"""Greedy search: the likeliest token at each step."""

from dataclasses import dataclass

import torch
from jaxtyping import Int
from torch import Tensor

from whynorm.data.vocabulary import BEGIN, END
from whynorm.decoding.search import (
    Hypothesis,
    forbidden_tokens,
    likeliest,
    require_extra_tokens,
)
from whynorm.decoding.state import State


@dataclass(frozen=True, kw_only=True)
class Greedy:
    """Greedy search; one hypothesis a sentence, its score a plain log-probability.

    Finished sentences leave the batch. Equals `Beam` of width 1, which costs more.
    """

    extra_tokens: int = 50
    forbid_unknown: bool = False

    def __post_init__(self) -> None:
        require_extra_tokens(self.extra_tokens)

    def __call__(self, state: State, limits: Int[Tensor, " sentence"]) -> list[list[Hypothesis]]:
        """The hypothesis of each sentence, as a list of one."""
        forbidden = forbidden_tokens(self.forbid_unknown)
        found: dict[int, Hypothesis] = {}
        sentences = torch.arange(len(limits), device=limits.device)
        ids = torch.full_like(limits, BEGIN)[:, None]
        scores = torch.zeros(len(limits), device=limits.device)
        while len(sentences):
            gains, tokens = likeliest(state.step(ids[:, -1]), 1, forbidden)
            ids, scores = torch.cat([ids, tokens], dim=1), scores + gains[:, 0]
            done = (tokens[:, 0] == END) | (limits < ids.shape[1])
            if done.any():
                found |= _finished(sentences[done], ids[done], scores[done])
                left = (~done).nonzero()[:, 0]
                sentences, ids, scores = sentences[left], ids[left], scores[left]
                limits, state = limits[left], state.select(left)
        return [[found[sentence]] for sentence in range(len(found))]


def _finished(sentences: Tensor, ids: Tensor, scores: Tensor) -> dict[int, Hypothesis]:
    rows = zip(sentences.tolist(), ids[:, 1:].tolist(), scores.tolist(), strict=True)
    return {
        sentence: Hypothesis(row[:-1] if row[-1] == END else row, score, row[-1] == END)
        for sentence, row, score in rows
    }
