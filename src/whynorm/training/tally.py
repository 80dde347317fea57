"""Sums over the batches of one update, added over batches and ranks."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from whynorm.data.batch import Batch
from whynorm.data.vocabulary import PAD


class Tally(NamedTuple):
    """Sums over batches: losses in nats, target tokens with a label, and what padding cost.

    `real` of `cells` positions, source and target together, hold a token.
    """

    objective: Float[Tensor, ""]
    loss: Float[Tensor, ""]
    tokens: Float[Tensor, ""]
    real: Float[Tensor, ""]
    cells: Float[Tensor, ""]

    @classmethod
    def empty(cls, device: torch.device) -> "Tally":
        """Zeros."""
        return cls(*torch.zeros(len(cls._fields), device=device).unbind())

    @classmethod
    def of_vector(cls, vector: Float[Tensor, " field"]) -> "Tally":
        """The tally that `vector()` was made from."""
        return cls(*vector.unbind())

    @classmethod
    def of_batch(
        cls, batch: Batch, objective: Float[Tensor, ""], loss: Float[Tensor, ""], *, tokens: int
    ) -> "Tally":
        """The sums of one batch, whose loss was taken over so many tokens."""
        labels = batch.target[:, 1:]
        real = (batch.source != PAD).sum() + (labels != PAD).sum()
        cells = batch.source.numel() + labels.numel()
        counts = (loss.new_full((), tokens), real.to(loss.dtype), loss.new_full((), cells))
        return cls(objective.detach(), loss, *counts)

    def vector(self) -> Float[Tensor, " field"]:
        """All sums in one tensor, so that ranks exchange one message."""
        return torch.stack(self)

    def plus(self, other: "Tally") -> "Tally":
        """Both together."""
        return Tally.of_vector(self.vector() + other.vector())

    def means(self) -> dict[str, Float[Tensor, ""]]:
        """Losses per target token, and the share of positions that are padding."""
        return {
            "train/objective": self.objective / self.tokens,
            "train/loss": self.loss / self.tokens,
            "data/padding_share": 1 - self.real / self.cells,
        }
