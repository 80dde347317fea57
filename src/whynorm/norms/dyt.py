"""Dynamic tanh (Zhu 2025, arXiv:2503.10622)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm


class DynamicTanh(Norm):
    """weight * tanh(a x) + bias with one learnt number a: no statistics at all."""

    def __init__(self, d_model: int, *, a: float = 0.5) -> None:
        super().__init__(d_model)
        self.a = nn.Parameter(torch.tensor(a))

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """`weight * tanh(a x) + bias`."""
        return self.affine((self.a * x).tanh_())
