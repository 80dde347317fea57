"""What is measured on a held-out set: loss, perplexity and accuracy."""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torchmetrics import Metric

from whynorm.training.loss import correct_tokens, token_loss


class Meter(Metric):
    """Means over real target tokens, exact under unequal batches and ranks.

    It keeps sums, since torchmetrics' own MeanMetric either leaves NaN out, which would hide a
    diverged model, or (1.9, nan_strategy="disable") forgets the weights.
    """

    loss: Tensor
    correct: Tensor
    tokens: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.add_state("loss", torch.zeros(()), dist_reduce_fx="sum")
        self.add_state("correct", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")
        self.add_state("tokens", torch.zeros((), dtype=torch.long), dist_reduce_fx="sum")

    def update(
        self, logits: Float[Tensor, "token vocabulary"], labels: Int[Tensor, " token"]
    ) -> None:
        """Add the tokens of one batch."""
        self.loss += token_loss(logits, labels).loss
        self.correct += correct_tokens(logits, labels)
        self.tokens += len(labels)

    def compute(self) -> dict[str, Float[Tensor, ""]]:
        """Over all ranks: loss (nats per token, unsmoothed), its exponential, share correct."""
        loss = self.loss / self.tokens
        accuracy = self.correct / self.tokens
        return {"loss": loss, "perplexity": torch.exp(loss), "accuracy": accuracy}
