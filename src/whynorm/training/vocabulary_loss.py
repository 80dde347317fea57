"""The loss of states, projected on the vocabulary a few at a time."""

from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from whynorm.model.linear import product
from whynorm.norms.norm import at_least_single
from whynorm.training.loss import TokenLoss

# Scores held at a time. On a processor they stay in its last cache; an accelerator wants more.
SCORES = {"cpu": 2**22}
SCORES_ELSEWHERE = 2**27


def vocabulary_loss(
    states: Float[Tensor, "token feature"],
    weight: Float[Tensor, "vocabulary feature"],
    bias: Float[Tensor, " vocabulary"] | None,
    labels: Int[Tensor, " token"],
    *,
    label_smoothing: float = 0.0,
) -> TokenLoss:
    """`token_loss` of the projected states, whose scores are never all there at once.

    Their gradient is taken with them, while they are at hand, so that nothing of the size of the
    vocabulary is kept for the backward pass. It has no second derivative.
    """
    inputs = (states, weight, bias)
    wanted = torch.is_grad_enabled() and any(x is not None and x.requires_grad for x in inputs)
    objective, loss = _VocabularyLoss.apply(*inputs, labels, label_smoothing, wanted)
    return TokenLoss(objective, loss)


class _VocabularyLoss(torch.autograd.Function):
    """Sums of the smoothed and the plain loss; the gradient is computed in the forward pass."""

    @staticmethod
    def forward(
        ctx: Any,
        states: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        labels: Tensor,
        label_smoothing: float,
        wanted: bool,
    ) -> tuple[Tensor, Tensor]:
        """(objective, loss)."""
        sums = _Sums(states, weight, bias, label_smoothing, wanted)
        rows = max(1, SCORES.get(states.device.type, SCORES_ELSEWHERE) // len(weight))
        for start in range(0, len(states), rows):
            sums.add(slice(start, start + rows), labels[start : start + rows])
        ctx.save_for_backward(*sums.gradients)
        ctx.mark_non_differentiable(sums.loss)
        return sums.objective, sums.loss

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """Those of the sum, times what reaches it."""
        of_inputs = [one if one is None else one * gradients[0] for one in ctx.saved_tensors]
        return *of_inputs, None, None, None


class _Sums:
    """Losses and gradients, added up over pieces of the tokens."""

    def __init__(
        self,
        states: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        label_smoothing: float,
        wanted: bool,
    ) -> None:
        self.states, self.bias = reduced(states), None if bias is None else reduced(bias)
        self.weight, self.label_smoothing, self.wanted = reduced(weight), label_smoothing, wanted
        single = at_least_single(states.new_zeros(())).dtype
        self.objective, self.loss = states.new_zeros(2, dtype=single).unbind()
        self.objective, self.loss = self.objective.clone(), self.loss.clone()
        self.gradients: tuple[Tensor | None, ...] = (None, None, None)
        if wanted:
            of_bias = None if bias is None else torch.zeros_like(bias)
            self.gradients = torch.empty_like(states), torch.zeros_like(weight), of_bias

    def add(self, piece: slice, labels: Tensor) -> None:
        """Add the tokens of one piece."""
        states, smoothing = self.states[piece], self.label_smoothing
        with torch.autocast(states.device.type, enabled=False):
            scores = at_least_single(product(states, self.weight, self.bias))
            probabilities = torch.softmax(scores, dim=1)
            highest = scores.amax(1)
            # Not a second exponential: the likeliest token's probability tells the partition.
            partition = -probabilities.amax(1).log().sum()
            of_labels = (highest - scores.gather(1, labels[:, None])[:, 0]).sum()
            of_all = (highest - scores.mean(1)).sum()
            self.loss += partition + of_labels
            self.objective += partition + (1 - smoothing) * of_labels + smoothing * of_all
            if self.wanted:
                self.learn(piece, labels, probabilities)

    def learn(self, piece: slice, labels: Tensor, probabilities: Tensor) -> None:
        """Add the gradient of one piece: the probabilities minus the smoothed label."""
        of_states, of_weight, of_bias = self.gradients
        assert of_states is not None and of_weight is not None
        gradient = probabilities.sub_(self.label_smoothing / len(self.weight))
        rest = gradient.new_full((len(labels), 1), self.label_smoothing - 1)
        gradient.scatter_add_(1, labels[:, None], rest)
        if of_bias is not None:
            of_bias += gradient.sum(0)
        gradient = gradient.to(self.weight.dtype)
        of_states[piece] = product(gradient, self.weight.T)
        # The features are fewer than the vocabulary, which makes this the faster way round.
        of_weight += product(self.states[piece].T, gradient.T).T


def reduced(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """x in the precision that matrices are multiplied in here."""
    device = x.device.type
    return x.to(torch.get_autocast_dtype(device)) if torch.is_autocast_enabled(device) else x
