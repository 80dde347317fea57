"""The few passes over all of x in which norms of tokens are computed and derived.

An operation on a batch takes as long as reading and writing it does, so these functions alone
touch all of it; what lies between them are a few numbers of each feature, or of each sentence
and feature. In those the axes that statistics were taken over have length one.
"""

import torch
from jaxtyping import Float
from torch import Tensor


def sums(
    x: Float[Tensor, "batch time feature"], kept: Float[Tensor, "batch time 1"], apart: bool
) -> Float[Tensor, "#batch 1 feature"]:
    """The sum of each feature over the tokens where `kept` is one and not zero.

    Of each sentence (`apart`), or of all. What is not kept has to be finite.
    """
    # elsewhere a matrix product may be in less than single precision
    on_cpu = x.device.type == "cpu"
    of_each = kept.mT @ x if on_cpu else (x * kept).sum(1, keepdim=True)
    return of_each if apart else of_each.sum(0, keepdim=True)


def products(
    gradient: Float[Tensor, "batch time feature"],
    x: Float[Tensor, "batch time feature"],
    apart: bool,
) -> tuple[Float[Tensor, "#batch 1 feature"], Float[Tensor, "#batch 1 feature"]]:
    """The sums over all tokens, of each sentence (`apart`) or all, of gradient and gradient * x."""
    if apart:
        return gradient.sum(1, keepdim=True), (gradient * x).sum(1, keepdim=True)
    # the kernel for the weight and the bias of BatchNorm makes both in one pass
    zero = x.new_zeros(x.shape[-1])
    flat = gradient.flatten(0, 1).contiguous(), x.flatten(0, 1).contiguous()
    _, product, total = torch.ops.aten.native_batch_norm_backward(
        *flat, zero + 1, None, None, zero, zero + 1, True, 0.0, [False, True, True]
    )
    return total.view(1, 1, -1), product.view(1, 1, -1)


def returned(
    gradient: Float[Tensor, "batch time feature"],
    slope: Float[Tensor, "#batch 1 feature"],
    x: Float[Tensor, "batch time feature"],
    kept: Float[Tensor, "batch time 1"],
    offset: Float[Tensor, "#batch 1 feature"],
    tilt: Float[Tensor, "#batch 1 feature"],
) -> Float[Tensor, "batch time feature"]:
    """gradient * slope, and at kept tokens x * tilt + offset, which comes through statistics."""
    return torch.addcmul(offset, x, tilt).mul_(kept).addcmul_(gradient, slope)
