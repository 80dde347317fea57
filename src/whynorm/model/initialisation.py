"""First weights, drawn so that models that differ in one part agree in all the others."""

import zlib

import torch
from torch import Tensor, nn

from whynorm.model.attention import Attention
from whynorm.model.embedding import Embeddings, LearnedPositions
from whynorm.model.feed_forward import FeedForward
from whynorm.model.layers import Decoder, Encoder

# The root mean square of a sine.
SINUSOID_STD = 0.5**0.5


def initialise(model: nn.Module, seed: int) -> None:
    """Xavier-uniform matrices, zero biases, embeddings of variance 1 / d_model.

    Each weight is drawn from a generator of its own, seeded by (seed, name), so changing the norm
    of an arm leaves every other weight as it was. The stacked query, key and value matrices are
    drawn as three. Learnt positions start as large as the sinusoids: beside token vectors that
    are scaled by sqrt(d_model) (§3.4), smaller ones would not be seen at first. Norms keep the
    constants they were built with. Last, the placements' gains are applied.
    """
    for name, module in model.named_modules():
        draw = torch.Generator().manual_seed(zlib.crc32(f"{seed}/{name}".encode()))
        if isinstance(module, Attention):
            fill_matrix(module.query_key_value.weight, 3, draw)
        elif isinstance(module, nn.Linear) and not name.endswith("query_key_value"):
            fill_linear(module, model, draw)
        elif isinstance(module, LearnedPositions):
            nn.init.normal_(module.table.weight, std=SINUSOID_STD, generator=draw)
        elif isinstance(module, nn.Embedding) and not name.endswith("positions.table"):
            nn.init.normal_(module.weight, std=module.embedding_dim**-0.5, generator=draw)
        if isinstance(module, nn.Linear) and module.bias is not None:
            nn.init.zeros_(module.bias)
    apply_gains(model)


@torch.no_grad()
def apply_gains(model: nn.Module) -> None:
    """Scale the weights of each stack, and each embedding table once, as placements want."""
    scaled: set[int] = set()
    tables = [module for module in model.modules() if isinstance(module, Embeddings)]
    for stack in (m for m in model.modules() if isinstance(m, Encoder | Decoder)):
        gains = stack.placement.gains()
        for module in stack.modules():
            if isinstance(module, Attention):
                module.rows(2, 3)[0].mul_(gains.sublayers)
                module.output.weight.mul_(gains.sublayers)
            elif isinstance(module, FeedForward):
                module.inner.weight.mul_(gains.sublayers)
                module.outer.weight.mul_(gains.sublayers)
        for table in tables:
            weight = table.table_of(stack.placement.stack.name)
            if id(weight) not in scaled:
                weight.mul_(gains.embedding)
                scaled.add(id(weight))


def fill_linear(module: nn.Linear, model: nn.Module, draw: torch.Generator) -> None:
    """Draw a linear layer's matrix, unless it is an embedding table's, which is drawn there."""
    tables = (m.weight for m in model.modules() if isinstance(m, nn.Embedding))
    if not any(module.weight is table for table in tables):
        fill_matrix(module.weight, 1, draw)


def fill_matrix(weight: Tensor, parts: int, draw: torch.Generator) -> None:
    """Draw a matrix of `parts` stacked ones, each Xavier-uniform by its own shape."""
    for part in weight.data.chunk(parts):
        nn.init.xavier_uniform_(part, generator=draw)
