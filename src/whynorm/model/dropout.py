"""Dropout (Srivastava 2014), which the paper applies to sub-layers and embeddings (§5.4)."""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

# Numbers of 16 random bits: a probability is rounded to a multiple of 1 / LANES.
LANES = 2**16


class Dropout(nn.Module):
    """In training each number is 0 with probability `p`, else divided by the share that is kept.

    On a CPU one draw of 64 bits decides on four numbers, for torch's own draws cost more than the
    layers between them. `p` is rounded to 16 bits there, and the division is by what that really
    keeps, so the expectation is the number itself. Raises ValueError where `p` is no probability
    below 1.
    `given` yields noise that was drawn before, for who computes many runs at once.
    """

    given: Iterator[Tensor] | None = None

    def __init__(self, p: float) -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise ValueError(f"model.dropout={p} is no share below 1; choose e.g. 0.1, or 0")
        self.p = p

    def forward(self, x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
        """x with some numbers left out; x itself when evaluating."""
        if not (self.training and self.p):
            return x
        if self.given is not None:
            return x * next(self.given)
        return x * noise(x, self.p) if x.device.type == "cpu" else F.dropout(x, self.p)

    def extra_repr(self) -> str:
        """What a printed model shows of it."""
        return f"p={self.p}"


def foreseen(x: Float[Tensor, "*any"], p: float) -> Float[Tensor, "*any"]:
    """What Dropout, called next, would multiply x by."""
    return noise(x, p) if x.device.type == "cpu" else F.dropout(torch.ones_like(x), p)


@torch.no_grad()
def noise(x: Float[Tensor, "*any"], p: float) -> Float[Tensor, "*any"]:
    """0, with probability p, or one over the share that is kept, for each number of x."""
    dropped = min(round(p * LANES), LANES - 1)
    words = torch.empty((x.numel() + 3) // 4, dtype=torch.int64).random_(-(2**63), None)
    lanes = words.view(torch.int16)[: x.numel()].view(x.shape)
    kept = torch.ge(lanes, dropped - LANES // 2)
    return kept.to(x.dtype).mul_(LANES / (LANES - dropped))
