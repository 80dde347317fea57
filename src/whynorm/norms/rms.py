"""Root-mean-square normalisation (Zhang & Sennrich 2019, arXiv:1910.07467, eq. 4)."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from whynorm.norms.norm import Norm


class RMSNorm(Norm):
    """x / sqrt(mean of squares + eps) over the features of each token; no centring, no bias."""

    def __init__(self, d_model: int, *, eps: float = 1e-5, weight: bool = True) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=False)

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Zero and the root mean square of each token's features."""
        return x.new_zeros(()), torch.sqrt(x.square().mean(-1, keepdim=True) + self.eps)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula, in fewer passes over x."""
        return root_mean_square(x, self.weight, self.eps)


def root_mean_square(
    x: Float[Tensor, "*any feature"], weight: Float[Tensor, " feature"] | None, eps: float
) -> Float[Tensor, "*any feature"]:
    """weight * x / sqrt(mean of squares + eps)."""
    weight = x.new_ones(x.shape[-1]) if weight is None else weight
    return RootMeanSquare.apply(x, weight, eps)[0]


class RootMeanSquare(torch.autograd.Function):
    """(y, 1 / root): layer norm with a mean of zero, from whose gradient a mean is missing."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, Tensor]:
        """Two passes over x and two over y."""
        length = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = torch.rsqrt(length.square() / x.shape[-1] + eps)
        return (x * inverse).mul_(weight), inverse

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        """Keep x and the roots."""
        x, weight, _ = inputs
        ctx.mark_non_differentiable(output[1])
        ctx.save_for_backward(x, weight, output[1])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """By layer norm's kernel: it takes mean(g w) from g w, which is put back."""
        gradient, (x, weight, inverse) = gradients[0], ctx.saved_tensors
        mean, size = torch.zeros_like(inverse), x.shape[-1]
        dx, of_weight, _ = torch.ops.aten.native_layer_norm_backward(
            gradient, x, [size], mean, inverse, weight, None, [True, True, False]
        )
        taken = (gradient @ weight).unsqueeze(-1) * inverse / size
        return dx.add_(taken), of_weight, None
