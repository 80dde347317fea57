"""torch.nn.Transformer, as a user who knows its documentation trains it."""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.peer import Peer
from whynorm.data.batch import Batch
from whynorm.data.vocabulary import PAD


class Translator(nn.Module):
    """One table for both languages and the output, sinusoids, and torch's Transformer."""

    positions: Tensor

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        d_model = sizes.d_model
        self.table = nn.Embedding(sizes.vocabulary, d_model, padding_idx=PAD)
        nn.init.normal_(self.table.weight, std=d_model**-0.5)
        self.register_buffer("positions", sinusoids(sizes.longest, d_model))
        self.dropout = nn.Dropout(sizes.dropout)
        self.transformer = nn.Transformer(
            d_model,
            sizes.heads,
            sizes.encoder_layers,
            sizes.decoder_layers,
            sizes.d_ff,
            sizes.dropout,
            batch_first=True,
        )
        self.output = nn.Linear(d_model, sizes.vocabulary, bias=False)
        self.output.weight = self.table.weight

    def embed(self, ids: Int[Tensor, "batch time"]) -> Float[Tensor, "batch time feature"]:
        """Scaled vectors with their positions."""
        scaled = self.table(ids) * math.sqrt(self.table.embedding_dim)
        return self.dropout(scaled + self.positions[: ids.shape[1]])

    def forward(
        self, source: Int[Tensor, "batch source"], inputs: Int[Tensor, "batch target"]
    ) -> Float[Tensor, "batch target vocabulary"]:
        """Scores of each next token."""
        time = inputs.shape[1]
        hidden = torch.ones(time, time, dtype=torch.bool).triu(1)
        padding = source == PAD
        states = self.transformer(
            self.embed(source),
            self.embed(inputs),
            tgt_mask=hidden,
            src_key_padding_mask=padding,
            tgt_key_padding_mask=inputs == PAD,
            memory_key_padding_mask=padding,
            tgt_is_causal=True,
        )
        return self.output(states)


class Training(Peer):
    """Trained with nn.CrossEntropyLoss over all positions but those that are padding."""

    def build(self) -> nn.Module:
        """The model."""
        self.criterion = nn.CrossEntropyLoss(
            ignore_index=PAD, label_smoothing=self.sizes.label_smoothing
        )
        return Translator(self.sizes)

    def loss(self, model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The mean over real target tokens."""
        scores = model(batch.source, batch.target[:, :-1])
        return self.criterion(scores.flatten(0, 1), batch.target[:, 1:].flatten())


def sinusoids(length: int, d_model: int) -> Float[Tensor, "time feature"]:
    """The encoding of each position (Vaswani 2017, §3.5)."""
    frequency = 10000 ** (-torch.arange(0, d_model, 2) / d_model)
    angle = torch.arange(length)[:, None] * frequency
    return torch.stack((angle.sin(), angle.cos()), dim=-1).flatten(1)[:, :d_model]
