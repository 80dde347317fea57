"""Multi-head attention (Vaswani 2017, §3.2.2)."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whynorm.masks.fill import Fill, scaled_scores
from whynorm.model.linear import Linear, product
from whynorm.model.query_key import MakeQueryKeyNorm
from whynorm.placements.placement import Sublayer, unchanged

# A past has room for so many tokens at first.
ROOM = 32


class KeysValues(NamedTuple):
    """Projected keys and values, each (batch, head, key, feature of the head)."""

    keys: Float[Tensor, "batch head key feature"]
    values: Float[Tensor, "batch head key feature"]

    def select(self, rows: Int[Tensor, " row"]) -> "KeysValues":
        """Those of the given rows of the batch, in that order."""
        return KeysValues(self.keys.index_select(0, rows), self.values.index_select(0, rows))


class Past:
    """Keys and values of the target tokens decoded so far, in one layer.

    They stand in a buffer with room for later ones, (row, token, keys or values, head, feature):
    a row is copied in one piece. Rows are selected only once there is something to append to
    them, so both are one copy, and what they are selected from is not written to.
    """

    def __init__(
        self,
        buffer: Float[Tensor, "before room 2 head feature"] | None = None,
        length: int = 0,
        rows: Int[Tensor, " row"] | None = None,
    ) -> None:
        self.buffer, self.length, self.rows = buffer, length, rows

    def extend(self, new: KeysValues) -> KeysValues:
        """All keys and values, after the new ones have been appended."""
        end = self.length + new.keys.shape[2]
        buffer = self.buffer
        if buffer is None or self.rows is not None or buffer.shape[1] < end:
            buffer = self.moved(new.keys, end)
        keys, values = buffer.unbind(2)
        keys[:, self.length : end] = new.keys.transpose(1, 2)
        values[:, self.length : end] = new.values.transpose(1, 2)
        self.buffer, self.length, self.rows = buffer, end, None
        return KeysValues(keys[:, :end].transpose(1, 2), values[:, :end].transpose(1, 2))

    def moved(
        self, like: Float[Tensor, "row head new feature"], end: int
    ) -> Float[Tensor, "row room 2 head feature"]:
        """What is remembered of the chosen rows, in a larger buffer.

        Without more room than for `end` tokens where rows were chosen, as they soon are again.
        """
        rows, heads, _, features = like.shape
        room = end if self.rows is not None else 2 * end + ROOM
        larger = like.new_empty(rows, room, 2, heads, features)
        if self.buffer is not None:
            before, kept = self.buffer[:, : self.length], larger[:, : self.length]
            if self.rows is None:
                kept.copy_(before)
            else:
                torch.index_select(before, 0, self.rows, out=kept)
        return larger

    def select(self, rows: Int[Tensor, " row"]) -> "Past":
        """The past of the given rows, in that order."""
        return Past(self.buffer, self.length, rows if self.rows is None else self.rows[rows])


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
        visible: Bool[Tensor, "#sentence #head #query #key"] | None,
        memory: KeysValues | None = None,
        past: Past | None = None,
        inside: Sublayer = unchanged,
    ) -> Float[Tensor, "batch query feature"]:
        """x attending to `memory`, or (without it) to itself and, when decoding, its `past`.

        A sentence of `memory` may serve several successive rows of x, as many for each.
        `visible` is None where that is everything; `inside` stands between the heads and the
        output matrix.
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
        visible: Bool[Tensor, "#sentence #head #query #key"] | None,
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
