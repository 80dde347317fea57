"""Small Transformers of every make, whose weights and running statistics are random."""

from functools import cache

import torch
from torch import Tensor

from tests.options import option
from whynorm.data.vocabulary import BEGIN, PAD
from whynorm.masks.paper import Rules
from whynorm.model.embedding import Tokens
from whynorm.model.transformer import Choices, Transformer
from whynorm.placements.rezero import ReZero

TOKENS = 14
SIZES = (
    "model.d_model=16",
    "model.heads=2",
    "model.d_ff=24",
    "model.encoder_layers=2",
    "model.decoder_layers=2",
    "model.dropout=0.0",
)


def rules(name: str = "paper") -> Rules:
    return option("mask", name)


@cache
def transformer(
    norm: str = "layer",
    *overrides: str,
    decoder_norm: str | None = None,
    placement: str = "post",
    fill: str = "fused",
    qk_norm: str = "none",
    joint: bool = False,
    seed: int = 0,
) -> Transformer:
    """A nano of width 16, for evaluating; overrides are of the model or of the encoder's norm."""
    of_norm = [override for override in overrides if override.startswith("norm.")]
    encoder = option("norm", norm, *of_norm)
    choices = Choices(
        norm=encoder,
        decoder_norm=option("norm", decoder_norm) if decoder_norm else encoder,
        placement=option("placement", placement),
        fill=option("mask_fill", fill),
        qk_norm=option("qk_norm", qk_norm),
    )
    of_model = [override for override in overrides if override.startswith("model")]
    model = option("model", "nano", *SIZES, *of_model)(Tokens(TOKENS, TOKENS, joint), choices)
    model.initialise(seed)
    stir(model, seed)
    return model.eval()


@torch.no_grad()
def stir(model: Transformer, seed: int) -> None:
    """Move all weights away from the constants they start with, and running statistics along."""
    draw = torch.Generator().manual_seed(seed)
    for parameter in model.parameters():
        parameter += 0.5 * (torch.rand(parameter.shape, generator=draw) - 0.5)
    for module in model.modules():
        for share in module.a if isinstance(module, ReZero) else ():
            share += 0.5
    model.train()
    for batch in range(2 if list(model.buffers()) else 0):
        logits(model, batch)


def sentences(lengths: list[int], seed: int = 0) -> Tensor:
    """Random ids of these lengths, padded on the right."""
    draw = torch.Generator().manual_seed(seed)
    ids = torch.randint(4, TOKENS, (len(lengths), max(lengths)), generator=draw)
    return ids.masked_fill(torch.arange(max(lengths)) >= torch.tensor(lengths)[:, None], PAD)


def logits(model: Transformer, seed: int = 99, mask: str = "paper") -> Tensor:
    """The model's scores of random sentences, at padding too."""
    source, target = sentences([9, 6, 4], seed), sentences([8, 9, 3], seed + 1000)
    target[:, 0] = BEGIN
    return model(source, target, rules(mask)(source != PAD, target != PAD))
