"""Multi-head attention (Vaswani 2017, §3.2.2)."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from whynorm.masks.fill import Fill, scaled_scores
from whynorm.model.query_key import MakeQueryKeyNorm
from whynorm.placements.placement import Sublayer, unchanged


class KeysValues(NamedTuple):
    """Projected keys and values, each (batch, head, key, feature of the head)."""

    keys: Float[Tensor, "batch head key feature"]
    values: Float[Tensor, "batch head key feature"]

    def select(self, rows: Int[Tensor, " row"]) -> "KeysValues":
        """Those of the given rows of the batch, in that order."""
        return KeysValues(self.keys.index_select(0, rows), self.values.index_select(0, rows))


class Past:
    """Keys and values of the target tokens decoded so far, in one layer."""

    def __init__(self, so_far: KeysValues | None = None) -> None:
        self.so_far = so_far

    def extend(self, new: KeysValues) -> KeysValues:
        """All keys and values, after the new ones have been appended."""
        if self.so_far is not None:
            new = KeysValues(
                *(torch.cat(both, dim=2) for both in zip(self.so_far, new, strict=True))
            )
        self.so_far = new
        return new

    def select(self, rows: Int[Tensor, " row"]) -> "Past":
        """The past of the given rows, in that order."""
        return Past(self.so_far and self.so_far.select(rows))


class Attention(nn.Module):
    """softmax(q kᵀ / sqrt(d_k)) v in several heads, with `fill` hiding what is not visible.

    Queries, keys and values are projected by one stacked matrix; `qk_norm` makes what normalises
    the queries and keys of each head. Raises ValueError where `heads` does not divide d_model.
    """

    def __init__(self, d_model: int, *, heads: int, fill: Fill, qk_norm: MakeQueryKeyNorm) -> None:
        super().__init__()
        if heads < 1 or d_model % heads:
            raise ValueError(
                f"model.heads={heads} does not divide model.d_model={d_model}; "
                f"choose one of {[h for h in range(1, d_model + 1) if d_model % h == 0]}"
            )
        self.heads = heads
        self.fill = fill
        self.query_key_value = nn.Linear(d_model, 3 * d_model)
        self.output = nn.Linear(d_model, d_model)
        self.qk_norm = qk_norm(d_model // heads)

    def forward(
        self,
        x: Float[Tensor, "batch query feature"],
        visible: Bool[Tensor, "#batch #head #query #key"],
        memory: KeysValues | None = None,
        past: Past | None = None,
        inside: Sublayer = unchanged,
    ) -> Float[Tensor, "batch query feature"]:
        """x attending to `memory`, or (without it) to itself and, when decoding, its `past`.

        `inside` stands between the heads and the output matrix.
        """
        q, keys_values = self.project(x, memory)
        if past is not None:
            keys_values = past.extend(keys_values)
        heads = inside(self.fill.attend(q, *keys_values, visible))
        return self.output(heads.transpose(1, 2).flatten(2))

    def project(
        self, x: Float[Tensor, "batch query feature"], memory: KeysValues | None = None
    ) -> tuple[Float[Tensor, "batch head query feature_of_head"], KeysValues]:
        """Queries of x, with the memory's keys and values or (without it) its own."""
        if memory is not None:
            weight, bias = self.rows(0, 1)
            return self.qk_norm.queries(self.split(F.linear(x, weight, bias))), memory
        q, k, v = (self.split(part) for part in self.query_key_value(x).chunk(3, dim=-1))
        return self.qk_norm.queries(q), KeysValues(self.qk_norm.keys(k), v)

    def scores(
        self, x: Float[Tensor, "batch query feature"], memory: KeysValues | None = None
    ) -> Float[Tensor, "batch head query key"]:
        """The scaled scores of x's queries, before the fill: for those who measure them."""
        q, (keys, _) = self.project(x, memory)
        return scaled_scores(q, keys)

    def remember(self, x: Float[Tensor, "batch key feature"]) -> KeysValues:
        """Keys and values of x, projected once for any number of queries."""
        weight, bias = self.rows(1, 3)
        k, v = F.linear(x, weight, bias).chunk(2, dim=-1)
        return KeysValues(self.qk_norm.keys(self.split(k)), self.split(v))

    def rows(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Weight and bias of the stacked projection: 0 to 1 query, 1 to 2 key, 2 to 3 value."""
        d_model = self.output.in_features
        part = slice(start * d_model, stop * d_model)
        return self.query_key_value.weight[part], self.query_key_value.bias[part]

    def split(
        self, x: Float[Tensor, "batch time feature"]
    ) -> Float[Tensor, "batch head time feature_of_head"]:
        """x with its features divided among the heads."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
