"""Small Transformers for tests, built from the options of conf/."""

import torch
from torch import Tensor

from tests.options import option
from whynorm.masks.paper import Masks
from whynorm.model.embedding import Tokens
from whynorm.model.transformer import Choices, Transformer
from whynorm.norms.batch_renorm import BatchRenorm
from whynorm.placements.rezero import ReZero

SIZE = (
    "model.d_model=16",
    "model.heads=4",
    "model.d_ff=32",
    "model.dropout=0.0",
)


def transformer(
    norm: str = "layer",
    placement: str = "post",
    *overrides: str,
    decoder_norm: str | None = None,
    fill: str = "fused",
    qk_norm: str = "none",
    joint: bool = False,
) -> Transformer:
    """A `nano` of width 16 over 30 tokens, with weights that make all its parts matter."""
    choices = Choices(
        option("norm", norm),
        option("norm", decoder_norm or norm),
        option("placement", placement),
        option("mask_fill", fill),
        option("qk_norm", qk_norm),
    )
    made = option("model", "nano", *SIZE, *overrides)(Tokens(30, 30, joint), choices)
    made.initialise(1)
    return awake(made)


def awake(model: Transformer) -> Transformer:
    """The model with every branch let in that starts at nothing, and corrections at their limit.

    Within its limits, batch renormalisation is a matter of running statistics alone.
    """
    for module in model.modules():
        if isinstance(module, ReZero):
            for a in module.a:
                a.data.fill_(1.0)
        if isinstance(module, BatchRenorm):
            module.running_std.fill_(0.1)
    return model


def example() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Ids and real tokens of two sentences, the second of which is padded: source, then target."""
    source = torch.randint(4, 30, (2, 6))
    target = torch.randint(4, 30, (2, 5))
    source_real = torch.arange(6) < torch.tensor([[6], [4]])
    target_real = torch.arange(5) < torch.tensor([[5], [3]])
    return source, target, source_real, target_real


def logits(model: Transformer, mask: str = "paper") -> Tensor:
    """The scores of the example under a mask option."""
    torch.manual_seed(3)
    source, target, source_real, target_real = example()
    masks: Masks = option("mask", mask)(source_real, target_real)
    return model(source, target, masks)
