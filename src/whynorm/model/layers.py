"""The encoder and the decoder: stacks of layers (Vaswani 2017, §3.1)."""

from collections.abc import Iterable
from typing import cast

from jaxtyping import Float
from torch import Tensor, nn

from whynorm.masks.fill import Fill
from whynorm.masks.paper import Masks, Newest
from whynorm.model.attention import Attention, KeysValues, Past
from whynorm.model.dropout import Dropout
from whynorm.model.feed_forward import FeedForward
from whynorm.model.query_key import MakeQueryKeyNorm
from whynorm.placements.placement import Inside, Placement, Sublayer


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward; dropout on the output of each (§5.4)."""

    def __init__(
        self,
        d_model: int,
        *,
        heads: int,
        d_ff: int,
        dropout: float,
        fill: Fill,
        qk_norm: MakeQueryKeyNorm,
    ) -> None:
        super().__init__()
        self.attention = Attention(d_model, heads=heads, fill=fill, qk_norm=qk_norm)
        self.feed_forward = FeedForward(d_model, d_ff=d_ff)
        self.dropout = Dropout(dropout)

    def sublayers(self, masks: Masks, inside: Inside) -> tuple[Sublayer, ...]:
        """The two sub-layers, under the masks of this batch."""
        return (
            lambda x: self.dropout(
                inside.attention(self.attention(x, masks.encoder, inside=inside.heads))
            ),
            lambda x: self.dropout(self.feed_forward(x, inside.hidden)),
        )


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention, then feed-forward; dropout on the output of each."""

    def __init__(
        self,
        d_model: int,
        *,
        heads: int,
        d_ff: int,
        dropout: float,
        fill: Fill,
        qk_norm: MakeQueryKeyNorm,
    ) -> None:
        super().__init__()
        self.attention = Attention(d_model, heads=heads, fill=fill, qk_norm=qk_norm)
        self.cross_attention = Attention(d_model, heads=heads, fill=fill, qk_norm=qk_norm)
        self.feed_forward = FeedForward(d_model, d_ff=d_ff)
        self.dropout = Dropout(dropout)

    def sublayers(
        self, masks: Masks | Newest, inside: Inside, memory: KeysValues, past: Past | None
    ) -> tuple[Sublayer, ...]:
        """The three sub-layers, under the masks of this batch, over the encoder's memory."""
        return (
            lambda x: self.dropout(
                inside.attention(self.attention(x, masks.decoder, past=past, inside=inside.heads))
            ),
            lambda x: self.dropout(
                inside.cross_attention(
                    self.cross_attention(x, masks.cross, memory, inside=inside.cross_heads)
                )
            ),
            lambda x: self.dropout(self.feed_forward(x, inside.hidden)),
        )


class Encoder(nn.Module):
    """The encoder's layers, wired by a placement."""

    def __init__(self, layers: list[EncoderLayer], placement: Placement) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.placement = placement

    def forward(
        self, x: Float[Tensor, "batch source feature"], masks: Masks
    ) -> Float[Tensor, "batch source feature"]:
        """The memory that the decoder attends to."""
        x = self.placement.enter(x, masks.source)
        for index, layer in enumerate(cast(Iterable[EncoderLayer], self.layers)):
            sublayers = layer.sublayers(masks, self.placement.inside(index, masks.source))
            x = self.placement(index, x, masks.source, sublayers)
        return self.placement.leave(x, masks.source)


class Decoder(nn.Module):
    """The decoder's layers, wired by a placement."""

    def __init__(self, layers: list[DecoderLayer], placement: Placement) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.placement = placement

    def remember(self, memory: Float[Tensor, "batch source feature"]) -> list[KeysValues]:
        """The memory's keys and values in each layer, computed once a sentence."""
        layers = cast(Iterable[DecoderLayer], self.layers)
        return [layer.cross_attention.remember(memory) for layer in layers]

    def forward(
        self,
        x: Float[Tensor, "batch target feature"],
        masks: Masks | Newest,
        memory: list[KeysValues],
        past: list[Past] | None = None,
    ) -> Float[Tensor, "batch target feature"]:
        """The states of the target tokens; with `past`, of the newest ones given it."""
        x = self.placement.enter(x, masks.target)
        for index, layer in enumerate(cast(Iterable[DecoderLayer], self.layers)):
            mine = None if past is None else past[index]
            inside = self.placement.inside(index, masks.target)
            sublayers = layer.sublayers(masks, inside, memory[index], mine)
            x = self.placement(index, x, masks.target, sublayers)
        return self.placement.leave(x, masks.target)
