"""Scale normalisation (Nguyen & Salazar 2019, arXiv:1910.05895)."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm


class ScaleNorm(Norm):
    """g x / max(|x|, eps) with the Euclidean norm of each token and one learnt number g.

    g starts at sqrt(d_model); held there it is RMSNorm without a weight, but for eps.
    """

    def __init__(self, d_model: int, *, eps: float = 1e-5) -> None:
        super().__init__(d_model, eps=eps, weight=False, bias=False)
        self.weight = nn.Parameter(torch.tensor(math.sqrt(d_model)))

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Zero and the length of each token's vector, at least eps."""
        return x.new_zeros(()), x.norm(dim=-1, keepdim=True).clamp(min=self.eps)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula, which multiplies each number once."""
        _, scale = self.location_and_scale(x, real)
        return x * (self.weight / scale)
