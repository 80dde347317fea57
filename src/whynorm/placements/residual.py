"""Two residual streams, one post-norm and one pre-norm (Xie 2023, arXiv:2304.14802)."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Stack, Sublayer
from whynorm.placements.post import Post


class ResiDual(Post):
    """x = norm(x + F(x)) beside dual = dual + F(x); the stack returns x + norm(dual)."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(norm, stack)
        self.final = norm(stack.d_model)

    def enter(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "2 batch time feature"]:
        """The embedding, twice."""
        return torch.stack((x, x))

    def forward(
        self,
        index: int,
        x: Float[Tensor, "2 batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "2 batch time feature"]:
        """Both streams, each with what the sub-layers of the first one returned."""
        post, dual = x.unbind()
        for norm, sublayer in zip(self.norms.of(index), sublayers, strict=True):
            branch = sublayer(post)
            post, dual = norm(post + branch, real), dual + branch
        return torch.stack((post, dual))

    def leave(
        self, x: Float[Tensor, "2 batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The first stream and the second one's norm."""
        post, dual = x.unbind()
        return post + self.final(dual, real)
