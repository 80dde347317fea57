"""Dynamic erf (Chen 2025, arXiv:2512.10938)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm


class DynamicErf(Norm):
    """weight * erf(a x + s) + bias with two learnt numbers a and s: no statistics at all."""

    def __init__(self, d_model: int, *, a: float = 0.5, s: float = 0.0) -> None:
        super().__init__(d_model)
        self.a = nn.Parameter(torch.tensor(a))
        self.s = nn.Parameter(torch.tensor(s))

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """`weight * erf(a x + s) + bias`."""
        return self.affine(torch.erf(self.a * x + self.s))
