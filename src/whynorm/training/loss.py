"""The loss of real target tokens, as sums in nats."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


class TokenLoss(NamedTuple):
    """Sums over tokens, in nats.

    `objective` is the label-smoothed cross-entropy that training minimises, `loss` the plain
    negative log-likelihood, detached, which can be compared between training and validation.
    Without label smoothing they are equal.
    """

    objective: Float[Tensor, ""]
    loss: Float[Tensor, ""]


def token_loss(
    logits: Float[Tensor, "token vocabulary"],
    labels: Int[Tensor, " token"],
    *,
    label_smoothing: float = 0.0,
) -> TokenLoss:
    """The losses summed over tokens, computed in single precision or better.

    Smoothing as torch and Szegedy 2016 (arXiv:1512.00567, §7) define it: the label has the
    probability 1 - e + e/V and each of the other V - 1 tokens e/V (Vaswani 2017, §5.4: e = 0.1).
    """
    if logits.dtype in (torch.float16, torch.bfloat16):
        logits = logits.float()
    objective = F.cross_entropy(logits, labels, reduction="sum", label_smoothing=label_smoothing)
    return TokenLoss(objective, plain_loss(objective.detach(), logits, labels, label_smoothing))


@torch.no_grad()
def plain_loss(
    objective: Float[Tensor, ""],
    logits: Float[Tensor, "token vocabulary"],
    labels: Int[Tensor, " token"],
    label_smoothing: float,
) -> Float[Tensor, ""]:
    """The negative log-likelihood, from the smoothed loss without a second softmax.

    Both contain the same log-partition, so they differ by e * sum(logit of the label - mean logit).
    """
    if not label_smoothing:
        return objective
    surplus = logits.gather(1, labels[:, None]).sum() - logits.mean(dim=1).sum()
    return objective - label_smoothing * surplus


def correct_tokens(
    logits: Float[Tensor, "token vocabulary"], labels: Int[Tensor, " token"]
) -> Int[Tensor, ""]:
    """How many tokens have their label as the likeliest."""
    return (logits.argmax(dim=-1) == labels).sum()


def lowest_objective(*, label_smoothing: float, vocabulary: int) -> float:
    """The lowest reachable smoothed loss of a token in nats: the entropy of the smoothed label.

    It is reached by predicting the smoothed label itself, where the translation is certain;
    0 without label smoothing.
    """
    other = label_smoothing / vocabulary
    label = 1 - label_smoothing + other
    return _surprise(label) + (vocabulary - 1) * _surprise(other)


def loss_at_lowest_objective(*, label_smoothing: float, vocabulary: int) -> float:
    """The plain loss of a token, in nats, of the model that reaches the lowest smoothed loss.

    Trained to be less than certain, it is: this is what a perfectly trained model is measured by.
    """
    return -math.log(1 - label_smoothing + label_smoothing / vocabulary)


def _surprise(probability: float) -> float:
    return -probability * math.log(probability) if probability > 0 else 0.0
