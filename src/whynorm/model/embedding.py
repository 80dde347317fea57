"""Tokens and positions as vectors, and states as scores over the vocabulary (§3.4, §3.5)."""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whynorm.model.dropout import Dropout
from whynorm.model.linear import Linear


class Tokens(NamedTuple):
    """How many tokens the two vocabularies have, and whether they are one and the same."""

    source: int
    target: int
    joint: bool


class SinusoidalPositions(nn.Module):
    """sin and cos of the position at wavelengths from 2π to 10000·2π (Vaswani 2017, §3.5)."""

    frequency: Tensor

    def __init__(self, d_model: int) -> None:
        super().__init__()
        even = torch.arange(0, d_model, 2, dtype=torch.float64)
        self.register_buffer("frequency", 10000 ** (-even / d_model), persistent=False)
        self.d_model = d_model

    def forward(
        self, position: Int[Tensor, "batch time"], length: int
    ) -> Float[Tensor, "batch time feature"]:
        """The encoding of each position; all are below `length`."""
        if position.numel() < length:
            return self.encoding(position)
        return self.encoding(torch.arange(length, device=position.device))[position]

    def encoding(self, position: Int[Tensor, "*any"]) -> Float[Tensor, "*any feature"]:
        """The formula itself."""
        angle = position[..., None] * self.frequency
        waves = torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(-2)
        return waves[..., : self.d_model].float()


class LearnedPositions(nn.Module):
    """One learnt vector a position; ValueError beyond `maximum_length`."""

    def __init__(self, d_model: int, *, maximum_length: int) -> None:
        super().__init__()
        self.table = nn.Embedding(maximum_length, d_model)

    def forward(
        self, position: Int[Tensor, "batch time"], length: int
    ) -> Float[Tensor, "batch time feature"]:
        """The vector of each position; all are below `length`."""
        if length > self.table.num_embeddings:
            raise ValueError(
                f"a batch of {length} tokens a sentence exceeds the learnt positions, "
                f"model.embedding.positions.maximum_length={self.table.num_embeddings}; "
                "raise it or shorten the text"
            )
        return self.table(position)


class Embeddings(nn.Module):
    """Embeds source and target, and projects states on the target vocabulary.

    The vectors are scaled by sqrt(d_model) (§3.4). `tied` shares the output projection with the
    target's table and, where the vocabulary is joint, that with the source's (Press & Wolf 2017,
    arXiv:1608.05859). Positions count real tokens only, so padding on the left moves nothing.
    """

    def __init__(
        self,
        tokens: Tokens,
        d_model: int,
        *,
        dropout: float,
        tied: bool,
        positions: Callable[[int], nn.Module],
    ) -> None:
        super().__init__()
        self.scale = math.sqrt(d_model)
        self.source_table = nn.Embedding(tokens.source, d_model)
        shared = tied and tokens.joint
        self.target_table = self.source_table if shared else nn.Embedding(tokens.target, d_model)
        self.output = Linear(d_model, tokens.target, bias=not tied)
        if tied:
            self.output.weight = self.target_table.weight
        self.source_positions = positions(d_model)
        self.target_positions = positions(d_model)
        self.dropout = Dropout(dropout)

    def source(
        self, tokens: Int[Tensor, "batch source"], real: Bool[Tensor, "batch source"]
    ) -> Float[Tensor, "batch source feature"]:
        """Source vectors with their positions."""
        place = self.source_positions(count(real), real.shape[1])
        return self.dropout(self.source_table(tokens) * self.scale + place)

    def target(
        self,
        tokens: Int[Tensor, "batch target"],
        real: Bool[Tensor, "batch target"],
    ) -> Float[Tensor, "batch target feature"]:
        """Target vectors with their positions."""
        place = self.target_positions(count(real), real.shape[1])
        return self.dropout(self.target_table(tokens) * self.scale + place)

    def next(
        self, tokens: Int[Tensor, "batch 1"], position: int
    ) -> Float[Tensor, "batch 1 feature"]:
        """Vectors of the target tokens at one position, for decoding token by token."""
        place = self.target_positions(tokens.new_full((1, 1), position), position + 1)
        return torch.add(place, self.target_table(tokens), alpha=self.scale)

    def table_of(self, stack: Literal["encoder", "decoder"]) -> Float[Tensor, "vocabulary feature"]:
        """The table that a stack reads; the two may be one and the same."""
        table = self.source_table if stack == "encoder" else self.target_table
        return table.weight

    def project(self, states: Float[Tensor, "*any feature"]) -> Float[Tensor, "*any vocabulary"]:
        """Scores (logits) over the target vocabulary."""
        return self.output(states)


def count(real: Bool[Tensor, "batch time"]) -> Int[Tensor, "batch time"]:
    """The position of each token among the real ones of its sentence; padding gets a valid one."""
    return (real.cumsum(1) - 1).clamp(min=0)
