"""Products with a weight matrix, by the fastest exact kernel that torch has for them."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch._C._functorch import is_functorch_wrapped_tensor
from torch.nn import functional as F

# oneDNN uses the widest instructions of every processor, MKL those of Intel's alone. With fewer
# rows both only wait for the weights, for which oneDNN is the better where they are many. Without
# gradients, which it is better at, what oneDNN does before it begins pays for itself later.
FEWEST_ROWS = 4
FEWEST_ROWS_WITHOUT_GRADIENT = 512
# With so few rows a large matrix is read faster as the left one of a product.
FEW_ROWS = range(2, 33)
MANY_WEIGHTS = 10**6


class Linear(nn.Linear):
    """nn.Linear, computed by `product`."""

    def forward(self, input: Float[Tensor, "*any feature"]) -> Float[Tensor, "*any output"]:
        """x Wᵀ + b."""
        return product(input, self.weight, self.bias)


def product(
    x: Float[Tensor, "*any feature"],
    weight: Float[Tensor, "output feature"],
    bias: Float[Tensor, " output"] | None = None,
) -> Float[Tensor, "*any output"]:
    """x Wᵀ + b: by oneDNN where torch would not take it by itself and it is faster, else torch's.

    Both compute in the precision of x, and differ in the order of their sums.
    """
    wanted = torch.is_grad_enabled() and (
        x.requires_grad or weight.requires_grad or (bias is not None and bias.requires_grad)
    )
    if not by_onednn(x, weight, gradient=wanted):
        return F.linear(x, weight, bias)
    if wanted:
        return _Product.apply(x, weight, bias)
    if x.numel() // x.shape[-1] in FEW_ROWS and weight.numel() >= MANY_WEIGHTS:
        return weight_first(x, weight, bias)
    return onednn(x, weight, bias)


def by_onednn(
    x: Float[Tensor, "*any feature"],
    weight: Float[Tensor, "output feature"],
    *,
    gradient: bool = True,
) -> bool:
    """True for several rows, or a large matrix, in single precision on a processor.

    Without a `gradient` it takes more rows. Within torch's transforms it is left to torch.
    """
    several = FEWEST_ROWS if gradient else FEWEST_ROWS_WITHOUT_GRADIENT
    return (
        x.is_cpu
        and x.dtype == weight.dtype == torch.float32
        and x.numel() >= (1 if weight.numel() >= MANY_WEIGHTS else several) * x.shape[-1] > 0
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
        and not any(map(is_functorch_wrapped_tensor, (x, weight)))
        and torch.backends.mkldnn.is_available()
    )


def onednn(
    x: Float[Tensor, "*any feature"],
    weight: Float[Tensor, "output feature"],
    bias: Float[Tensor, " output"] | None = None,
) -> Float[Tensor, "*any output"]:
    """x Wᵀ + b, without a gradient."""
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def weight_first(
    x: Float[Tensor, "*any feature"],
    weight: Float[Tensor, "output feature"],
    bias: Float[Tensor, " output"] | None = None,
) -> Float[Tensor, "*any output"]:
    """x Wᵀ + b as the transpose of W xᵀ, without a gradient."""
    found = (weight @ x.flatten(0, -2).T).T.contiguous().view(*x.shape[:-1], len(weight))
    return found if bias is None else found.add_(bias)


def of_columns(
    left: Float[Tensor, "row one"], right: Float[Tensor, "row other"]
) -> Float[Tensor, "one other"]:
    """leftᵀ right, without a gradient; the shorter side first, which is the faster way round."""
    if left.shape[1] <= right.shape[1]:
        return onednn(left.T, right.T)
    return onednn(right.T, left.T).T


class _Product(torch.autograd.Function):
    """x Wᵀ + b and its gradient, all by oneDNN; it has no second derivative."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """The product."""
        ctx.save_for_backward(x, weight)
        return onednn(x, weight, bias)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """Of x, the weight and the bias, where they are wanted."""
        x, weight = ctx.saved_tensors
        wants_x, wants_weight, wants_bias = ctx.needs_input_grad
        gradient = gradients[0].reshape(-1, len(weight))
        of_x = onednn(gradient, weight.T).view(x.shape) if wants_x else None
        of_weight = of_columns(gradient, x.reshape(-1, x.shape[-1])) if wants_weight else None
        return of_x, of_weight, gradient.sum(0) if wants_bias else None
