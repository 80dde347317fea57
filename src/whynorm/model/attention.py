"""Multi-head attention (Vaswani 2017, §3.2.2)."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whynorm.masks.fill import Fill, scaled_scores
from whynorm.model.linear import Linear, product
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
    """Keys and values of the target tokens decoded so far, in one layer.

    Rows are selected only once there is something to append to them, so both are one copy.
    """

    def __init__(
        self, so_far: KeysValues | None = None, rows: Int[Tensor, " row"] | None = None
    ) -> None:
        self.so_far, self.rows = so_far, rows

    def extend(self, new: KeysValues) -> KeysValues:
        """All keys and values, after the new ones have been appended."""
        if self.so_far is not None:
            keys, values = self.so_far
            new = KeysValues(
                followed(keys, self.rows, new.keys), followed(values, self.rows, new.values)
            )
        self.so_far, self.rows = new, None
        return new

    def select(self, rows: Int[Tensor, " row"]) -> "Past":
        """The past of the given rows, in that order."""
        return Past(self.so_far, rows if self.rows is None else self.rows[rows])


def followed(
    past: Float[Tensor, "before head key feature"],
    rows: Int[Tensor, " batch"] | None,
    new: Float[Tensor, "batch head new feature"],
) -> Float[Tensor, "batch head longer feature"]:
    """The given rows of the past (all, without `rows`), the new ones behind them.

    In memory a row's tokens stand one after the other, so that a row is copied in one piece.
    """
    past, new = past.transpose(1, 2), new.transpose(1, 2)
    if rows is None:
        return torch.cat((past, new), dim=1).transpose(1, 2)
    length = past.shape[1]
    longer = new.new_empty(len(rows), length + new.shape[1], *new.shape[2:])
    torch.index_select(past, 0, rows, out=longer[:, :length])
    longer[:, length:] = new
    return longer.transpose(1, 2)


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
        self.query_key_value = Linear(d_model, 3 * d_model)
        self.output = Linear(d_model, d_model)
        self.qk_norm = qk_norm(d_model // heads)

    def forward(
        self,
        x: Float[Tensor, "batch query feature"],
        visible: Bool[Tensor, "#sentence #head #query #key"],
        memory: KeysValues | None = None,
        past: Past | None = None,
        inside: Sublayer = unchanged,
    ) -> Float[Tensor, "batch query feature"]:
        """x attending to `memory`, or (without it) to itself and, when decoding, its `past`.

        A sentence of `memory` may serve several successive rows of x, as many for each.
        `inside` stands between the heads and the output matrix.
        """
        q, keys_values = self.project(x, memory)
        if past is not None:
            keys_values = past.extend(keys_values)
        heads = inside(self.attend(q, keys_values, visible))
        return self.output(heads.transpose(1, 2).flatten(2))

    def attend(
        self,
        q: Float[Tensor, "batch head query feature"],
        keys_values: KeysValues,
        visible: Bool[Tensor, "#sentence #head #query #key"],
    ) -> Float[Tensor, "batch head query feature"]:
        """What the fill makes of them; rows that share a sentence's keys are queries of it."""
        rows, heads, queries, features = q.shape
        sentences = len(keys_values.keys)
        if rows == sentences:
            return self.fill.attend(q, *keys_values, visible)
        assert queries == 1, "only the newest tokens of prefixes share their keys"
        q = q.reshape(sentences, -1, heads, features).transpose(1, 2)
        found = self.fill.attend(q, *keys_values, visible).transpose(1, 2)
        return found.reshape(rows, heads, queries, features)

    def project(
        self, x: Float[Tensor, "batch query feature"], memory: KeysValues | None = None
    ) -> tuple[Float[Tensor, "batch head query feature_of_head"], KeysValues]:
        """Queries of x, with the memory's keys and values or (without it) its own."""
        if memory is not None:
            weight, bias = self.rows(0, 1)
            return self.qk_norm.queries(self.split(product(x, weight, bias))), memory
        q, k, v = self.split(self.query_key_value(x), 3).chunk(3, dim=1)
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
        k, v = self.split(product(x, weight, bias), 2).chunk(2, dim=1)
        return KeysValues(self.qk_norm.keys(k), v)

    def rows(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Weight and bias of the stacked projection: 0 to 1 query, 1 to 2 key, 2 to 3 value."""
        d_model = self.output.in_features
        part = slice(start * d_model, stop * d_model)
        return self.query_key_value.weight[part], self.query_key_value.bias[part]

    def split(
        self, x: Float[Tensor, "batch time feature"], parts: int = 1
    ) -> Float[Tensor, "batch head time feature_of_head"]:
        """x with its features divided among the heads, those of each part one after the other."""
        return x.reshape(*x.shape[:2], parts * self.heads, -1).transpose(1, 2)
