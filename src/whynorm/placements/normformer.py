"""Pre-norm with norms after attention and inside the feed-forward (Shleifer 2021)."""

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.placements.placement import Inside, MakeNorm, Stack, Sublayer
from whynorm.placements.pre import Pre


class NormFormer(Pre):
    """x + norm(attention(norm(x))), then x + W2 norm(relu(W1 norm(x))) (arXiv:2110.09456).

    `head_scales` multiplies what each head returns by a learnt number that starts at 1 (eq. 1).
    """

    def __init__(self, norm: MakeNorm, stack: Stack, *, head_scales: bool = True) -> None:
        super().__init__(norm, stack)
        attentions = stack.sublayers - 1
        self.after = nn.ModuleList(
            nn.ModuleList(norm(stack.d_model) for _ in range(attentions))
            for _ in range(stack.layers)
        )
        self.hidden = nn.ModuleList(norm(stack.d_ff) for _ in range(stack.layers))
        shape = (stack.layers, attentions, stack.heads)
        self.head_scales = nn.Parameter(torch.ones(shape)) if head_scales else None

    def inside(self, index: int, real: Bool[Tensor, "batch time"]) -> Inside:
        """The scales of the heads, and the norm of the feed-forward's hidden features."""
        hidden = partial(self.normalise_hidden, index, real)
        if self.head_scales is None:
            return Inside(feed_forward=hidden)
        attention, *cross = (partial(self.scale, index, at) for at in range(self.attentions))
        return Inside(attention, *cross, feed_forward=hidden)

    @property
    def attentions(self) -> int:
        """How many attentions a layer has."""
        return self.stack.sublayers - 1

    def scale(
        self, index: int, at: int, heads: Float[Tensor, "batch head query feature"]
    ) -> Float[Tensor, "batch head query feature"]:
        """What each head returned, times its number."""
        assert self.head_scales is not None
        return heads * self.head_scales[index, at, :, None, None]

    def normalise_hidden(
        self,
        index: int,
        real: Bool[Tensor, "batch time"],
        hidden: Float[Tensor, "batch time d_ff"],
    ) -> Float[Tensor, "batch time d_ff"]:
        """The hidden features of one layer's feed-forward, normalised."""
        return self.hidden[index](hidden, real)

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which attention is added between norms, then feed-forward."""
        *attentions, feed_forward = sublayers
        *before, last = self.norms.of(index)
        for norm, after, attention in zip(before, self.after[index], attentions, strict=True):
            x = x + after(attention(norm(x, real)), real)
        return x + feed_forward(last(x, real))
