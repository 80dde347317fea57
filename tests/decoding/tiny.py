"""A small Transformer whose weights and running statistics are random, and sentences for it.

It computes in double precision: what ought to be equal is then equal but for the last digits.
"""

from copy import deepcopy
from functools import cache
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional as F

from tests.options import option
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.masks.paper import Rules
from whynorm.model.embedding import Tokens
from whynorm.model.transformer import Choices, Transformer

TOKENS = 12
UPDATES = 60


def rules(name: str = "paper") -> Rules:
    return option("mask", name)


@cache
@torch.no_grad()
def transformer(
    norm: str = "layer",
    *overrides: str,
    decoder_norm: str | None = None,
    placement: str = "post",
    positions: str = "sinusoidal",
    fill: str = "fused",
    qk_norm: str = "none",
    seed: int = 0,
) -> Transformer:
    encoder = option("norm", norm, *overrides)
    decoder = encoder if decoder_norm is None else option("norm", decoder_norm)
    hide = option("mask_fill", fill)
    parts = (option("placement", placement), hide, option("qk_norm", qk_norm))
    choices = Choices(encoder, decoder, *parts)
    sizes = ["d_model=16", "heads=2", "d_ff=24", "encoder_layers=2", "decoder_layers=2"]
    sizes += ["embedding.tied=false", "dropout=0.0"]
    sizes = [f"model.{size}" for size in sizes] + [f"model/embedding={positions}"]
    model = option("model", "nano", *sizes)(Tokens(TOKENS, TOKENS, False), choices)
    model.initialise(seed)
    stir(model, seed)
    return model.double().eval()


@cache
@torch.enable_grad()
def practised(norm: str) -> Transformer:
    """One that has practised to reverse sentences, so that its translations differ and end."""
    model = deepcopy(transformer(norm, placement="pre")).float().train()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for update in range(UPDATES):
        source = sentences(torch.arange(1, 9).tolist(), 8, seed=update)
        target = torch.full((8, 10), PAD)
        for row, ids in enumerate(source.tolist()):
            words = [BEGIN, *reversed([token for token in ids if token != PAD]), END]
            target[row, : len(words)] = torch.tensor(words)
        masks = rules()(source != PAD, target[:, :-1] != PAD)
        logits = model(source, target[:, :-1], masks).flatten(0, 1)
        loss = F.cross_entropy(logits, target[:, 1:].flatten(), ignore_index=PAD)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.double().eval()


def stir(model: Transformer, seed: int) -> None:
    """Move all weights away from the constants they start with, and running statistics along."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter.data += 0.5 * (torch.rand(parameter.shape, generator=generator) - 0.5)
    model.train()
    for batch in range(5 if list(model.buffers()) else 0):
        source, target = sentences([9, 6, 4], 9, seed=batch), sentences([8, 9, 3], 9, seed=-batch)
        model(source, target, rules()(source != PAD, target != PAD))


def sentences(
    lengths: list[int], longest: int, side: Literal["right", "left"] = "right", seed: int = 0
) -> Tensor:
    """Random token ids, padded to `longest`."""
    ids = torch.zeros(len(lengths), longest, dtype=torch.long)
    for row, length in enumerate(lengths):
        generator = torch.Generator().manual_seed((seed + 1000) * 100 + row)
        place = slice(0, length) if side == "right" else slice(longest - length, longest)
        ids[row, place] = torch.randint(4, TOKENS, (length,), generator=generator)
    return ids
