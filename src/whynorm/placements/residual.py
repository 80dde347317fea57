"""Two residual streams, one post-norm and one pre-norm (Xie 2023, arXiv:2304.14802)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.placements.placement import MakeNorm, Place, Placement, Stack, Sublayer


class ResiDual(Placement):
    """x = norm(x + F(x)) beside dual = dual + F(x); the stack returns x + norm(dual)."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__(norm, stack)
        self.final = norm(stack.d_model)

    def enter(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "2 batch time feature"]:
        """The embedding, twice."""
        return torch.stack((x, x))

    def connect(
        self,
        x: Float[Tensor, "2 batch time feature"],
        sublayer: Sublayer,
        norm: Sublayer,
        at: Place,
    ) -> Float[Tensor, "2 batch time feature"]:
        """Both streams, each with what the sub-layer of the first one returned."""
        post, dual = x.unbind()
        branch = sublayer(post)
        return torch.stack((norm(post + branch), dual + branch))

    def leave(
        self, x: Float[Tensor, "2 batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The first stream and the second one's norm."""
        post, dual = x.unbind()
        return post + self.final(dual, real)
