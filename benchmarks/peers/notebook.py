"""The model of a well-known tutorial notebook, written out from the paper's formulas.

Three projections for queries, keys and values; hidden scores are filled with a large negative
number; dropout falls on the attention weights too; positions are learnt; nothing is tied; norms
stand after each sum. Its loss has no label smoothing.
"""

import math
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.peer import Peer
from whynorm.data.batch import Batch
from whynorm.data.vocabulary import PAD

HIDDEN = -1e10
States = Float[Tensor, "batch time feature"]


class Attention(nn.Module):
    """Multi-head attention, eq. 1 of the paper, step by step."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.heads = sizes.heads
        self.query = nn.Linear(sizes.d_model, sizes.d_model)
        self.key = nn.Linear(sizes.d_model, sizes.d_model)
        self.value = nn.Linear(sizes.d_model, sizes.d_model)
        self.output = nn.Linear(sizes.d_model, sizes.d_model)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(
        self, x: States, memory: States, visible: Bool[Tensor, "batch 1 #query key"]
    ) -> States:
        """x attending to the memory."""
        q, k, v = self.query(x), self.key(memory), self.value(memory)
        q, k, v = (part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in (q, k, v))
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        weights = scores.masked_fill(~visible, HIDDEN).softmax(dim=-1)
        heads = self.dropout(weights) @ v
        return self.output(heads.transpose(1, 2).contiguous().flatten(2))


class FeedForward(nn.Module):
    """Eq. 2 of the paper, with dropout inside."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.inner = nn.Linear(sizes.d_model, sizes.d_ff)
        self.outer = nn.Linear(sizes.d_ff, sizes.d_model)
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(self, x: States) -> States:
        """The network's output."""
        return self.outer(self.dropout(torch.relu(self.inner(x))))


class Layer(nn.Module):
    """Self-attention, cross-attention where there is a memory, feed-forward."""

    def __init__(self, sizes: Sizes, *, cross: bool) -> None:
        super().__init__()
        self.own = Attention(sizes)
        self.cross = Attention(sizes) if cross else None
        self.feed_forward = FeedForward(sizes)
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.d_model) for _ in range(2 + cross))
        self.dropout = nn.Dropout(sizes.dropout)

    def forward(
        self,
        x: States,
        visible: Bool[Tensor, "batch 1 #query key"],
        memory: States | None = None,
        real: Bool[Tensor, "batch 1 1 key"] | None = None,
    ) -> States:
        """x after the layer."""
        x = self.norms[0](x + self.dropout(self.own(x, x, visible)))
        if self.cross is not None and memory is not None and real is not None:
            x = self.norms[1](x + self.dropout(self.cross(x, memory, real)))
        return self.norms[-1](x + self.dropout(self.feed_forward(x)))


class Stack(nn.Module):
    """A table of tokens, one of positions, and layers."""

    def __init__(self, sizes: Sizes, layers: int, *, cross: bool) -> None:
        super().__init__()
        self.tokens = nn.Embedding(sizes.vocabulary, sizes.d_model)
        self.positions = nn.Embedding(sizes.longest, sizes.d_model)
        self.layers = nn.ModuleList(Layer(sizes, cross=cross) for _ in range(layers))
        self.dropout = nn.Dropout(sizes.dropout)
        self.scale = math.sqrt(sizes.d_model)

    def forward(
        self,
        ids: Int[Tensor, "batch time"],
        visible: Bool[Tensor, "batch 1 #query key"],
        memory: States | None = None,
        real: Bool[Tensor, "batch 1 1 key"] | None = None,
    ) -> States:
        """The states of the last layer."""
        position = torch.arange(ids.shape[1]).expand_as(ids)
        x = self.dropout(self.tokens(ids) * self.scale + self.positions(position))
        for layer in self.layers:
            x = layer(x, visible, memory, real)
        return x


class Translator(nn.Module):
    """Encoder, decoder and a projection of its own; the target's vocabulary may be another."""

    def __init__(self, sizes: Sizes, target_vocabulary: int) -> None:
        super().__init__()
        target = sizes._replace(vocabulary=target_vocabulary)
        self.encoder = Stack(sizes, sizes.encoder_layers, cross=False)
        self.decoder = Stack(target, sizes.decoder_layers, cross=True)
        self.output = nn.Linear(sizes.d_model, target_vocabulary)

    def forward(
        self, source: Int[Tensor, "batch source"], inputs: Int[Tensor, "batch target"]
    ) -> Float[Tensor, "batch target vocabulary"]:
        """Scores of each next token."""
        real = (source != PAD)[:, None, None, :]
        time = inputs.shape[1]
        past = torch.ones(time, time, dtype=torch.bool).tril()
        visible = (inputs != PAD)[:, None, None, :] & past
        return self.output(self.decoder(inputs, visible, self.encoder(source, real), real))


class Training(Peer):
    """Trained with nn.CrossEntropyLoss over all positions but those that are padding.

    Without a `target_vocabulary` the target has as many ids as the source.
    """

    def __init__(
        self, sizes: Sizes, path: Path, seed: int = 1, target_vocabulary: int | None = None
    ) -> None:
        super().__init__(sizes, path, seed)
        self.target_vocabulary = target_vocabulary or sizes.vocabulary

    def build(self) -> nn.Module:
        """The model, its matrices Xavier-uniform."""
        self.criterion = nn.CrossEntropyLoss(ignore_index=PAD)
        model = Translator(self.sizes, self.target_vocabulary)
        for weight in model.parameters():
            if weight.dim() > 1:
                nn.init.xavier_uniform_(weight)
        return model

    def loss(self, model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """The mean over real target tokens."""
        scores = model(batch.source, batch.target[:, :-1])
        return self.criterion(scores.flatten(0, 1), batch.target[:, 1:].flatten())
