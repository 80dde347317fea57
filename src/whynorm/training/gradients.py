"""Gradients of one update: made means per token, measured, clipped."""

from typing import NamedTuple

import pytorch_lightning as pl
import torch
from jaxtyping import Float
from pytorch_lightning.plugins import MixedPrecision
from torch import Tensor, nn
from torch.optim import Optimizer

from whynorm.training.sharding import local
from whynorm.training.tally import Tally


class Update(NamedTuple):
    """What one update of the weights was made of, over its whole window and all ranks.

    `number` counts from 1; `gradient_norms` (one per parameter of `names`) and `gradient_norm`
    are Euclidean and taken before clipping.
    """

    number: int
    tally: Tally
    names: list[str]
    gradient_norms: Float[Tensor, " parameter"]
    gradient_norm: Float[Tensor, ""]


def divide(gradients: list[Tensor], tokens: Float[Tensor, ""]) -> None:
    """Turn gradients of a sum into gradients of its mean per token, in place."""
    torch._foreach_div_(gradients, tokens)  # pyright: ignore[reportPrivateImportUsage]


def norms(gradients: list[Tensor]) -> Float[Tensor, " parameter"]:
    """The Euclidean norm of each gradient."""
    sizes = torch._foreach_norm(gradients)  # pyright: ignore[reportPrivateImportUsage]
    return torch.stack(sizes)


def clip(gradients: list[Tensor], norm: Float[Tensor, ""], largest: float) -> None:
    """Scale gradients, in place, to a total norm of at most `largest` (Pascanu 2013).

    As torch's clip_grad_norm_, with a norm that is already known.
    """
    factor = (largest / (norm + 1e-6)).clamp(max=1.0)
    torch._foreach_mul_(gradients, factor)  # pyright: ignore[reportPrivateImportUsage]


def with_gradients(
    parameters: list[tuple[str, nn.Parameter]],
) -> tuple[list[str], list[Tensor]]:
    """Names and gradients of the parameters that took part in the loss.

    Of parameters in shards, this process's parts of the gradients.
    """
    pairs = [(name, parameter.grad) for name, parameter in parameters]
    known = [(name, gradient) for name, gradient in pairs if gradient is not None]
    return [name for name, _ in known], [local(gradient) for _, gradient in known]


def scales_loss(trainer: pl.Trainer) -> bool:
    """True where float16's loss scaling is on, which skips updates with infinite gradients."""
    precision = trainer.precision_plugin
    return isinstance(precision, MixedPrecision) and precision.scaler is not None


def require_unscaled(optimizer: Optimizer, trainer: pl.Trainer) -> None:
    """Refuse an optimizer that takes float16's loss scaling back too late."""
    if optimizer.defaults.get("fused") and scales_loss(trainer):
        raise ValueError(
            "optimizer.fused=true undoes float16's loss scaling too late to clip or to divide "
            "gradients; choose optimizer.fused=false, or precision=bf16-mixed"
        )
