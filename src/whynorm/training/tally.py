"""Sums over the batches of one update, added over batches and ranks."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


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
