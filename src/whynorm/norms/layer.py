"""Layer normalisation (Ba, Kiros & Hinton 2016, arXiv:1607.06450, eq. 3-4)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from whynorm.norms.norm import Norm


class LayerNorm(Norm):
    """Mean and variance over the features of each token; padding and batch play no part."""

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Mean and sqrt(variance + eps) of each token's features."""
        mean = x.mean(-1, keepdim=True)
        return mean, torch.sqrt(x.var(-1, correction=0, keepdim=True) + self.eps)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The fused kernel of torch."""
        return F.layer_norm(x, (self.d_model,), self.weight, self.bias, self.eps)


def layered(x: Float[Tensor, "*any feature"], eps: float) -> Float[Tensor, "*any feature"]:
    """Layer norm without an affine map, which its kernel makes faster where the weight is given."""
    one = x.new_ones(x.shape[-1])
    return F.layer_norm(x, one.shape, one, torch.zeros_like(one), eps)
