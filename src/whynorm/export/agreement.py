"""Whether an export computes what the model does, asked of both on random sentences."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.data.batch import Batch, Example, collate, teacher_forced
from whynorm.data.vocabulary import BEGIN, PAD, SPECIAL
from whynorm.masks.paper import Rules
from whynorm.model.embedding import LearnedPositions
from whynorm.model.transformer import Transformer

SENTENCES, LONGEST = 8, 20
# In nats, for a log-probability of 1; single precision leaves some four digits more.
LARGEST_DIFFERENCE = 1e-3

Scores = Float[Tensor, " token"]
Score = Callable[[Batch], Scores]


@torch.inference_mode()
def difference(model: Transformer, rules: Rules, score: Score) -> float:
    """How far the export's log-probabilities stray at most from the model's, each relative.

    Both are to be in evaluation mode. Raises ValueError where that is no rounding error any more.
    """
    batch = sentences(model)
    mine, other = scores(model, rules, batch), score(batch)
    found = float(((mine - other).abs() / mine.abs().clamp(min=1)).max())
    if not found <= LARGEST_DIFFERENCE:
        raise ValueError(
            f"the export would change log-probabilities by {found:.2g} of their size, more than "
            f"{LARGEST_DIFFERENCE}: the model's numbers lie too far apart for single precision"
        )
    return found


def sentences(model: Transformer) -> Batch:
    """Pairs of random ids, of different lengths, none longer than the model has positions for."""
    draw, embedding = torch.Generator().manual_seed(1), model.embedding
    sides = [
        (embedding.source_table, embedding.source_positions),
        (embedding.target_table, embedding.target_positions),
    ]
    pairs = []
    for number in range(SENTENCES):
        source, target = (
            drawn(table.num_embeddings, reach(positions), draw) for table, positions in sides
        )
        pairs.append(Example(source, target, number))
    return collate(pairs, side="right")


def reach(positions: nn.Module) -> int:
    """The longest sentence to draw, with room for BEGIN."""
    learnt = isinstance(positions, LearnedPositions)
    return min(LONGEST, positions.table.num_embeddings - 1) if learnt else LONGEST


def drawn(tokens: int, longest: int, draw: torch.Generator) -> list[int]:
    """A random sentence over a vocabulary."""
    length = int(torch.randint(1, longest + 1, (), generator=draw))
    return torch.randint(SPECIAL, tokens, (length,), generator=draw).tolist()


def scores(model: Transformer, rules: Rules, batch: Batch) -> Scores:
    """The model's log-probability of each real label, among the tokens that searches may write."""
    source, source_real, inputs, real, labels = teacher_forced(batch)
    logits = model(source, inputs, rules(source_real, real))
    logits[..., [PAD, BEGIN]] = -torch.inf
    every = logits.log_softmax(-1).gather(-1, labels[..., None])[..., 0]
    return every[real].float()
