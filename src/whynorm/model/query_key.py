"""Normalising queries and keys, head by head, before they meet."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm, at_least_single


class QueryKeyNorm(nn.Module):
    """Queries and keys as they are; what subclasses do otherwise is asked of these two methods."""

    def __init__(self, d_head: int) -> None:
        super().__init__()
        self.d_head = d_head

    def queries(
        self, q: Float[Tensor, "batch head query feature"]
    ) -> Float[Tensor, "batch head query feature"]:
        """What the scores are taken of, for queries."""
        return q

    def keys(
        self, k: Float[Tensor, "batch head key feature"]
    ) -> Float[Tensor, "batch head key feature"]:
        """The same for keys."""
        return k


MakeQueryKeyNorm = Callable[[int], QueryKeyNorm]


class L2QueryKeyNorm(QueryKeyNorm):
    """Scores g q·k / (|q| |k|) with one learnt g (Henry 2020, arXiv:2010.04245, eq. 5).

    g starts at log2(length² - length), `length` being that of a long sentence in tokens (the
    paper takes the 97.5th percentile). Attention divides scores by sqrt(d_head); that is undone
    here. Raises ValueError where `length` is below 2.
    """

    def __init__(self, d_head: int, *, length: int = 64, eps: float = 1e-6) -> None:
        super().__init__(d_head)
        if length < 2:
            raise ValueError(
                f"qk_norm.length={length}: length² - length has no logarithm; choose 2 or more"
            )
        self.eps = eps
        self.gain = nn.Parameter(torch.tensor(math.log2(length**2 - length)))

    def queries(
        self, q: Float[Tensor, "batch head query feature"]
    ) -> Float[Tensor, "batch head query feature"]:
        """Unit vectors times the gain."""
        return (self.unit(q) * (self.gain * math.sqrt(self.d_head))).to(q.dtype)

    def keys(
        self, k: Float[Tensor, "batch head key feature"]
    ) -> Float[Tensor, "batch head key feature"]:
        """Unit vectors."""
        return self.unit(k).to(k.dtype)

    def unit(self, x: Float[Tensor, "*any feature"]) -> Float[Tensor, "*any feature"]:
        """Each vector divided by its Euclidean norm, or by eps if that is more; not in half."""
        return nn.functional.normalize(at_least_single(x), dim=-1, eps=self.eps)


class PerHead(QueryKeyNorm):
    """A norm of queries and another of keys, over the features of each head (arXiv:2302.05442).

    Heads share the weights. Any norm that looks at one token at a time will do.
    """

    def __init__(self, d_head: int, *, norm: Callable[[int], Norm]) -> None:
        super().__init__(d_head)
        self.query_norm, self.key_norm = norm(d_head), norm(d_head)

    def queries(
        self, q: Float[Tensor, "batch head query feature"]
    ) -> Float[Tensor, "batch head query feature"]:
        """Each query, normalised."""
        return by_head(self.query_norm, q)

    def keys(
        self, k: Float[Tensor, "batch head key feature"]
    ) -> Float[Tensor, "batch head key feature"]:
        """Each key, normalised."""
        return by_head(self.key_norm, k)


def by_head(
    norm: Norm, x: Float[Tensor, "batch head time feature"]
) -> Float[Tensor, "batch head time feature"]:
    """The norm on every head as if each were a sentence of its own."""
    flat = x.flatten(0, 1)
    real = torch.ones(flat.shape[:2], dtype=torch.bool, device=x.device)
    return norm(flat, real).unflatten(0, x.shape[:2])
