"""How a score that may not be seen is hidden: the fills."""

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

    def attend(
        self,
        q: Float[Tensor, "batch head query feature"],
        k: Float[Tensor, "batch head key feature"],
        v: Float[Tensor, "batch head key feature"],
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query feature"]:
        """softmax(q kᵀ / sqrt(d_k)) v, with the hidden scores filled."""
        return self.weights(scaled_scores(q, k), visible) @ v


class Replace(Fill):
    """Hidden scores become `value` before the softmax.

    With -inf a row that sees nothing is NaN; with a large finite value it is uniform over every
    key, the hidden ones included.
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
    """`value` is added to hidden scores, as the blog post does with mask * (-1e9)."""

    def __init__(self, *, value: float) -> None:
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

    The weights that remain do not sum to 1, and hidden keys still take their share of the sum.
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
        visible: Bool[Tensor, "#batch #head #query #key"],
    ) -> Float[Tensor, "batch head query feature"]:
        """The fused kernel of torch."""
        return F.scaled_dot_product_attention(q, k, v, attn_mask=visible)


def scaled_scores(
    q: Float[Tensor, "batch head query feature"], k: Float[Tensor, "batch head key feature"]
) -> Float[Tensor, "batch head query key"]:
    """q kᵀ / sqrt(d_k) (Vaswani 2017, eq. 1)."""
    return (q * q.shape[-1] ** -0.5) @ k.transpose(-2, -1)
