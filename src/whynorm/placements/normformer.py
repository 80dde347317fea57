"""Pre-norm with norms after attention and inside the feed-forward (Shleifer 2021)."""

from functools import partial
from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.placements.placement import Inside, MakeNorm, Stack, normalised, unchanged
from whynorm.placements.pre import Pre


class NormFormer(Pre):
    """x + norm(attention(norm(x))), then x + W2 norm(relu(W1 norm(x))) (arXiv:2110.09456).

    `head_scales` multiplies what each head returns by a learnt number that starts at 1 (eq. 1).
    The paper's models have no cross-attention; here it is treated as self-attention is.
    """

    def __init__(self, norm: MakeNorm, stack: Stack, *, head_scales: bool = True) -> None:
        super().__init__(norm, stack)
        attentions = range(stack.sublayers - 1)
        self.after = nn.ModuleList(
            nn.ModuleList(norm(stack.d_model) for _ in attentions) for _ in range(stack.layers)
        )
        self.hidden = nn.ModuleList(norm(stack.d_ff) for _ in range(stack.layers))
        shape = (stack.layers, len(attentions), stack.heads)
        self.head_scales = nn.Parameter(torch.ones(shape)) if head_scales else None

    def inside(self, index: int, real: Bool[Tensor, "batch time"]) -> Inside:
        """The scales of the heads, the norms after attention, and that of the hidden features."""
        after = [partial(normalised, norm, real) for norm in cast(nn.ModuleList, self.after[index])]
        scales = [unchanged for _ in after]
        if self.head_scales is not None:
            scales = [partial(scaled, numbers) for numbers in self.head_scales[index]]
        heads, cross_heads = (*scales, unchanged)[:2]
        attention, cross_attention = (*after, unchanged)[:2]
        hidden = partial(normalised, self.hidden[index], real)
        return Inside(heads, cross_heads, hidden, attention, cross_attention)


def scaled(
    numbers: Float[Tensor, " head"], heads: Float[Tensor, "batch head query feature"]
) -> Float[Tensor, "batch head query feature"]:
    """What each head returned, times its number."""
    return heads * numbers[:, None, None]
