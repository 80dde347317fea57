"""How a score that may not be seen is hidden: the fills."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F


class Fill:
    """Scaled dot-product attention (Vaswani 2017, eq. 1) with one way of hiding scores.

    A subclass says how scores become weights; one for which torch has a fused kernel overrides
    `attend` too, and a test holds it equal to the formula written here.
    """

    def weights(
        self,
        scores: Float[Tensor, "batch head query key"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query key"]:
        """Attention weights of each query over the keys."""
        raise NotImplementedError

    def looks_ahead(self, visible: Bool[Tensor, "1 1 time time"]) -> bool:
        """True if, under this mask of self-attention, a later key moves an earlier query's weights.

        A mask that hides the future is not enough: some fills let hidden keys take part in the
        sum, or spread a row that sees nothing over every key.
        """
        time = visible.shape[-1]
        later = torch.ones(time, time, dtype=torch.bool, device=visible.device).triu(1)
        scores = torch.linspace(-1, 1, time * time, device=visible.device).view(1, 1, time, time)
        one, two = (self.weights(moved, visible) for moved in (scores, scores + 2 * later))
        return bool(one.masked_select(later).any()) or not torch.equal(one, two)

    def attend(
        self,
        q: Float[Tensor, "batch head query feature"],
        k: Float[Tensor, "batch head key feature"],
        v: Float[Tensor, "batch head key feature"],
        visible: Bool[Tensor, "#batch #head #query #key"] | None,
    ) -> Float[Tensor, "batch head query feature"]:
        """softmax(q kᵀ / sqrt(d_k)) v, with the hidden scores filled; None hides nothing."""
        if visible is None:
            visible = torch.ones(1, 1, 1, 1, dtype=torch.bool, device=q.device)
        return self.weights(scaled_scores(q, k), visible) @ v


class Replace(Fill):
    """Hidden scores become `value` before the softmax.

    With -inf a row that sees nothing is NaN, and so is every later layer that multiplies it by 0:
    real tokens too, under a window beside padding or with padding on the left. With a large
    finite value such a row is uniform over every key, the hidden ones included.
    """

    def __init__(self, *, value: float) -> None:
        self.value = value

    def weights(
        self,
        scores: Float[Tensor, "batch head query key"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query key"]:
        """softmax of the scores with `value` where hidden."""
        return scores.masked_fill(~visible, self.value).softmax(-1)


class ReplaceByLowest(Fill):
    """Hidden scores become the lowest finite number of their own dtype."""

    def weights(
        self,
        scores: Float[Tensor, "batch head query key"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query key"]:
        """softmax of the scores with finfo(dtype).min where hidden."""
        return scores.masked_fill(~visible, torch.finfo(scores.dtype).min).softmax(-1)


class Add(Fill):
    """`value` is added to hidden scores, as the blog post does with mask * (-1e9).

    Raises ValueError for an infinite value, which would make NaN of every visible score.
    """

    def __init__(self, *, value: float) -> None:
        if not math.isfinite(value):
            raise ValueError(f"mask_fill.value={value} times 0 is NaN; choose a finite number")
        self.value = value

    def weights(
        self,
        scores: Float[Tensor, "batch head query key"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query key"]:
        """softmax(scores + hidden * value)."""
        return (scores + (~visible).to(scores.dtype) * self.value).softmax(-1)


class Multiply(Fill):
    """The softmax is taken over all keys, then hidden weights are set to 0.

    The weights that remain do not sum to 1, and hidden keys still take their share of the sum:
    the future and padding move real outputs through a perfect mask.
    """

    def weights(
        self,
        scores: Float[Tensor, "batch head query key"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query key"]:
        """softmax(scores) * visible."""
        return scores.softmax(-1) * visible


class Fused(Fill):
    """torch's scaled_dot_product_attention with a boolean mask; a row that sees nothing is 0."""

    def weights(
        self,
        scores: Float[Tensor, "batch head query key"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query key"]:
        """softmax of the scores with -inf where hidden; 0 in a row that sees nothing."""
        blind = ~visible.any(-1, keepdim=True)
        filled = scores.masked_fill(~visible & ~blind, -torch.inf)
        return filled.softmax(-1).masked_fill(blind, 0.0)

    def attend(
        self,
        q: Float[Tensor, "batch head query feature"],
        k: Float[Tensor, "batch head key feature"],
        v: Float[Tensor, "batch head key feature"],
        visible: Bool[Tensor, "#batch #head #query #key"] | None,
    ) -> Float[Tensor, "batch head query feature"]:
        """The fused kernel of torch."""
        return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)


def scaled_scores(
    q: Float[Tensor, "batch head query feature"], k: Float[Tensor, "batch head key feature"]
) -> Float[Tensor, "batch head query key"]:
    """q kᵀ / sqrt(d_k) (Vaswani 2017, eq. 1)."""
    return (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
