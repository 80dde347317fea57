"""What every search shares: hypotheses, the choice of tokens, and translating a batch of ids."""

from typing import NamedTuple, Protocol, runtime_checkable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from whynorm.data.vocabulary import BEGIN, PAD, UNKNOWN
from whynorm.decoding.state import State, start
from whynorm.masks.paper import Rules
from whynorm.model.embedding import LearnedPositions
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import at_least_single


class Hypothesis(NamedTuple):
    """A translation in ids, without BEGIN and END.

    `score` is in nats: the log-probability, which beam search divides by its length penalty.
    `ended` is False where the longest allowed length came before END.
    """

    ids: list[int]
    score: float
    ended: bool


@runtime_checkable
class Search(Protocol):
    """A way to find the hypotheses of a batch; best first, at least one a sentence."""

    @property
    def extra_tokens(self) -> int:
        """By how many tokens, END included, an output may be longer than its source."""
        ...

    def __call__(self, state: State, limits: Int[Tensor, " sentence"]) -> list[list[Hypothesis]]:
        """The hypotheses of each sentence, none longer than its limit (in tokens, END included)."""
        ...


@torch.no_grad()
def translate(
    model: Transformer, rules: Rules, source_ids: Int[Tensor, "batch source"], *, search: Search
) -> list[list[Hypothesis]]:
    """The hypotheses of each source sentence, best first.

    A sentence's limit comes from its own length (Vaswani et al. 2017, section 6.1: input length
    + 50), so that it does not depend on its batch; learnt positions of the model may lower it.
    The model's mode is the caller's business; gradients are not recorded.
    """
    limits = (source_ids != PAD).sum(dim=1) + search.extra_tokens
    limits = limits.clamp(min=1, max=longest(model.embedding.target_positions))
    return search(start(model, rules, source_ids), limits)


def longest(positions: nn.Module) -> int | None:
    """The longest sentence that these positions of a model reach; None where any length is."""
    return positions.table.num_embeddings if isinstance(positions, LearnedPositions) else None


def forbidden_tokens(forbid_unknown: bool) -> list[int]:
    """Ids that a search never emits."""
    return [PAD, BEGIN, UNKNOWN] if forbid_unknown else [PAD, BEGIN]


def likeliest(
    logits: Float[Tensor, "rows vocabulary"], count: int, forbidden: list[int]
) -> tuple[Float[Tensor, "rows count"], Int[Tensor, "rows count"]]:
    """Each row's `count` likeliest tokens, as log-probabilities among the allowed ones and ids.

    At most as many as there are tokens.
    """
    places = torch.tensor(forbidden, device=logits.device)
    logits = at_least_single(logits).index_fill(1, places, float("-inf"))
    one = count == 1  # for which torch need not sort
    best = logits.max(1, keepdim=True) if one else logits.topk(min(count, logits.shape[1]))
    return logits.log_softmax(1).gather(1, best.indices), best.indices


def require_extra_tokens(extra_tokens: int) -> None:
    """Refuse a negative number of extra tokens."""
    if extra_tokens < 0:
        raise ValueError(
            f"extra_tokens={extra_tokens} is negative; choose 0 or more (the paper: 50)"
        )
