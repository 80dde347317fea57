"""What a model loses on batches, in nats a real target token."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from whynorm.data.batch import Batch, teacher_forced
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.probes.snapshot import held
from whynorm.probes.subject import logits


def summed_loss(model: Transformer, rules: Rules, batch: Batch) -> Float[Tensor, ""]:
    """The cross-entropy of a batch's real labels, summed, in the model's own mode."""
    _, _, _, real, labels = teacher_forced(batch)
    return F.cross_entropy(logits(model, rules, batch)[real].float(), labels[real], reduction="sum")


def tokens(batch: Batch) -> int:
    """How many labels of a batch are real."""
    return int(teacher_forced(batch).real.sum())


@torch.no_grad()
def mean_loss(
    model: Transformer, rules: Rules, batches: Iterable[Batch], *, training: bool
) -> float:
    """The mean over all real tokens, without dropout, norms training or evaluating.

    Each batch meets the running statistics as they are before the first.
    """
    total, count = 0.0, 0
    for batch in batches:
        with held(model, training=training):
            total += float(summed_loss(model, rules, batch))
        count += tokens(batch)
    return total / count
