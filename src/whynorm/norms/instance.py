"""Instance normalisation over time (Ulyanov, Vedaldi & Lempitsky 2016, arXiv:1607.08022)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.moments import counted, counted_moments, token_moments
from whynorm.norms.norm import Norm
from whynorm.norms.standardised import standardised


class InstanceNorm(Norm):
    """Mean and variance of each feature over the time steps of its own sentence.

    Not causal: in a decoder every token sees the statistics of the tokens after it, also when
    evaluating. `count_padding=True` lets padding into them, as torch's InstanceNorm1d does. A
    sentence of one token has variance 0 and comes out as the bias.
    """

    across_time = True

    def __init__(
        self,
        d_model: int,
        *,
        eps: float = 1e-5,
        count_padding: bool = False,
        weight: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=bias)
        self.count_padding = count_padding

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Mean and sqrt(variance + eps) of each sentence and feature."""
        _, mean, variance = counted_moments(x, counted(real, self.count_padding), (1,))
        return mean, torch.sqrt(variance + self.eps)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula, in fewer passes over x."""
        seen = counted(real, self.count_padding)
        moments = token_moments(x, seen, apart=True)
        return standardised(x, seen, moments, self.weight, self.bias, eps=self.eps)[0]
