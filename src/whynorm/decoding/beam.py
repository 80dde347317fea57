"""Beam search with a length penalty, over a batch of sentences."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.decoding.search import (
    Hypothesis,
    forbidden_tokens,
    likeliest,
    require_extra_tokens,
)
from whynorm.decoding.state import State

NOWHERE = float("-inf")


def penalty(length: int | Tensor, alpha: float) -> float | Tensor:
    """The length penalty ((5 + |Y|) / 6)^alpha of Wu et al. 2016 (1609.08144), eq. 14.

    |Y| counts END. With alpha 0 it is 1: hypotheses compete by log-probability.
    """
    return ((5 + length) / 6) ** alpha


class Pool(NamedTuple):
    """Some hypotheses of each sentence; a score of -inf marks an empty place."""

    ids: Int[Tensor, "sentence place time"]
    scores: Float[Tensor, "sentence place"]

    def sentences(self, rows: Tensor) -> "Pool":
        """The pools of these sentences."""
        return Pool(self.ids[rows], self.scores[rows])

    def best_with(self, other: "Pool") -> "Pool":
        """The best of this pool and a later, longer one; as many places as this one has."""
        missing = other.ids.shape[2] - self.ids.shape[2]
        ids = torch.cat([F.pad(self.ids, (0, missing), value=PAD), other.ids], dim=1)
        scores, at = torch.cat([self.scores, other.scores], dim=1).topk(self.scores.shape[1])
        return Pool(_at_places(ids, at), scores)


@dataclass(frozen=True, kw_only=True)
class Beam:
    """Beam search; the `n_best` hypotheses of each sentence, best first.

    At each step the `width` best continuations survive; those that end leave the beam, and their
    places are filled again at the next step. A hypothesis scores log P(Y|X) / lp(Y). A sentence
    is done when no live hypothesis, even if it lost nothing more up to its limit, could beat the
    worst of its `n_best` finished ones. Where fewer than `n_best` finished in time, hypotheses
    that did not end fill the list, after those that did.
    """

    width: int = 5
    length_penalty: float = 0.6
    extra_tokens: int = 50
    n_best: int = 1
    forbid_unknown: bool = False

    def __post_init__(self) -> None:
        require_extra_tokens(self.extra_tokens)
        if self.width < 1:
            raise ValueError(f"beam width {self.width} keeps no hypothesis; choose 1 or more")
        if not 1 <= self.n_best <= self.width:
            raise ValueError(
                f"n_best={self.n_best} must lie between 1 and the beam width {self.width}; "
                "ask for fewer translations or a wider beam"
            )
        if self.length_penalty < 0:
            raise ValueError(
                f"length_penalty={self.length_penalty} is negative; choose 0 (none) or more "
                "(Wu et al. 2016: 0.6 to 0.7)"
            )

    def __call__(self, state: State, limits: Int[Tensor, " sentence"]) -> list[list[Hypothesis]]:
        """The hypotheses of each sentence, best first; at most `n_best`, at least one."""
        found: dict[int, list[Hypothesis]] = {}
        sentences = torch.arange(len(limits), device=limits.device)
        state = state.select(sentences.repeat_interleave(self.width), self.width)
        live, finished = self._empty(limits)
        while len(sentences):
            live, origin = self._grow(live, state.step(live.ids[:, :, -1].flatten()))
            live, finished = self._part(live, finished)
            rows = origin + self.width * torch.arange(len(origin), device=origin.device)[:, None]
            done = self._done(live, finished, limits)
            if not done.any():
                state = state.reorder(rows.flatten())
                continue
            for row in done.nonzero()[:, 0].tolist():
                found[int(sentences[row])] = self._result(live, finished, row)
            left = (~done).nonzero()[:, 0]
            state = state.select(rows[left].flatten(), self.width)
            live, finished = live.sentences(left), finished.sentences(left)
            sentences, limits = sentences[left], limits[left]
        return [found[sentence] for sentence in range(len(found))]

    def _empty(self, limits: Tensor) -> tuple[Pool, Pool]:
        begin = torch.full((len(limits), self.width, 1), BEGIN, device=limits.device)
        nowhere = torch.full((len(limits), self.width), NOWHERE, device=limits.device)
        finished = Pool(begin[:, : self.n_best], nowhere[:, : self.n_best])
        # One live hypothesis a sentence: equal ones would fill the beam with copies.
        return Pool(begin, nowhere.index_fill(1, limits.new_zeros(1), 0.0)), finished

    def _grow(self, live: Pool, logits: Tensor) -> tuple[Pool, Tensor]:
        """The best continuations, and the place that each came from."""
        count = min(self.width, logits.shape[1])
        gains, tokens = likeliest(logits, count, forbidden_tokens(self.forbid_unknown))
        gains = gains.unflatten(0, live.scores.shape)
        scores, at = (live.scores[:, :, None] + gains).flatten(1).topk(self.width)
        origin = at // count
        tokens = tokens.view(len(at), -1).gather(1, at)
        ids = torch.cat([_at_places(live.ids, origin), tokens[:, :, None]], 2)
        return Pool(ids, scores), origin

    def _part(self, grown: Pool, finished: Pool) -> tuple[Pool, Pool]:
        """Live and finished hypotheses, those that have just ended among the latter."""
        ended = grown.ids[:, :, -1] == END
        if not ended.any():
            return grown, finished
        final = grown.scores / penalty(grown.ids.shape[2] - 1, self.length_penalty)
        live = Pool(grown.ids, grown.scores.masked_fill(ended, NOWHERE))
        return live, finished.best_with(Pool(grown.ids, final.masked_fill(~ended, NOWHERE)))

    def _done(self, live: Pool, finished: Pool, limits: Tensor) -> Tensor:
        bound = live.scores.amax(dim=1) / penalty(limits, self.length_penalty)
        return (limits < live.ids.shape[2]) | (bound <= finished.scores.amin(dim=1))

    def _result(self, live: Pool, finished: Pool, row: int) -> list[Hypothesis]:
        ended = zip(finished.ids[row, :, 1:].tolist(), finished.scores[row].tolist(), strict=True)
        best = [Hypothesis(ids[: ids.index(END)], s, True) for ids, s in ended if s != NOWHERE]
        final = live.scores[row] / penalty(live.ids.shape[2] - 1, self.length_penalty)
        running = zip(live.ids[row, :, 1:].tolist(), final.tolist(), strict=True)
        best += [Hypothesis(ids, score, False) for ids, score in running if score != NOWHERE]
        return best[: self.n_best]


def _at_places(ids: Tensor, at: Tensor) -> Tensor:
    return ids.gather(1, at[:, :, None].expand(-1, -1, ids.shape[2]))
