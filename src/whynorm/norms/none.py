"""No normalisation: the control arm."""

from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.norm import Norm


class NoNorm(Norm):
    """x itself, or (`weight`, `bias`) its learnt affine map."""

    def __init__(self, d_model: int, *, weight: bool = False, bias: bool = False) -> None:
        super().__init__(d_model, weight=weight, bias=bias)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """`weight * x + bias`."""
        return self.affine(x)
