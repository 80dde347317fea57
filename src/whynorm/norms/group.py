"""Group normalisation (Wu & He 2018, arXiv:1803.08494, eq. 7)."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from whynorm.norms.moments import counted, counted_moments, token_moments
from whynorm.norms.norm import Norm
from whynorm.norms.standardised import standardised
from whynorm.norms.tokens import products


class GroupNorm(Norm):
    """Mean and variance over groups of features, per token or (`over_time`) per sentence.

    Per token, one group is LayerNorm, and as many groups as features erase the token: each
    feature minus itself is 0, and the bias is all that is left. Over time, as torch's GroupNorm
    reads (sentence, feature, time), it is not causal, and as many groups as features are
    InstanceNorm; `count_padding=True` then lets padding into the statistics.
    Raises ValueError where `groups` does not divide d_model.
    """

    def __init__(
        self,
        d_model: int,
        *,
        groups: int = 4,
        over_time: bool = False,
        count_padding: bool = False,
        eps: float = 1e-5,
        weight: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=bias)
        if groups < 1 or d_model % groups:
            raise ValueError(
                f"norm.groups={groups} does not divide d_model={d_model}; "
                f"choose one of {[g for g in range(1, d_model + 1) if d_model % g == 0]}"
            )
        self.groups = groups
        self.over_time = over_time
        self.across_time = over_time
        self.count_padding = count_padding

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Mean and sqrt(variance + eps) of each group, repeated over its features."""
        grouped = x.unflatten(-1, (self.groups, -1))
        kept = counted(real, self.count_padding or not self.over_time).unsqueeze(-1)
        _, mean, variance = counted_moments(grouped, kept, (1, 3) if self.over_time else (3,))
        scale = torch.sqrt(variance + self.eps)
        size = self.d_model // self.groups
        return mean.squeeze(-1).repeat_interleave(size, -1), scale.squeeze(-1).repeat_interleave(
            size, -1
        )

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """Per token, the layer-norm kernel on each group; over time, the formula in few passes."""
        if not self.over_time:
            return grouped_layers(x, self.weight, self.bias, self.groups, self.eps)
        seen = counted(real, self.count_padding)
        moments = token_moments(x, seen, apart=True, groups=self.groups)
        affine = (self.weight, self.bias)
        return standardised(x, seen, moments, *affine, eps=self.eps, groups=self.groups)[0]


def grouped_layers(
    x: Float[Tensor, "batch time feature"],
    weight: Float[Tensor, " feature"] | None,
    bias: Float[Tensor, " feature"] | None,
    groups: int,
    eps: float,
) -> Float[Tensor, "batch time feature"]:
    """Layer norm of each group of each token's features, with the affine map of all."""
    weight = x.new_ones(x.shape[-1]) if weight is None else weight
    bias = x.new_zeros(x.shape[-1]) if bias is None else bias
    return GroupedLayers.apply(x, weight, bias, groups, eps)[0]


class GroupedLayers(torch.autograd.Function):
    """(y, z, 1 / scale) of `grouped_layers`, z and the scale being those of each group.

    The kernel takes ones and zeros for the affine map of a group: without one it is far slower.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(
        x: Tensor, weight: Tensor, bias: Tensor, groups: int, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        """By the kernel, and one pass more."""
        grouped = x.unflatten(-1, (groups, -1))
        one = weight.new_ones(grouped.shape[-1])
        z, _, inverse = torch.native_layer_norm(grouped, one.shape, one, one - 1, eps)
        return torch.addcmul(bias, z.flatten(-2), weight), z, inverse

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        """Keep z in the place of x."""
        _, z, inverse = output
        ctx.mark_non_differentiable(z, inverse)
        ctx.save_for_backward(inputs[1], z, inverse)
        ctx.set_materialize_grads(False)  # z has none, and zeros of its size take a pass

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """That of the affine map, then the kernel's for the mean 0 and the scale 1 that z has."""
        gradient, (weight, z, inverse) = gradients[0], ctx.saved_tensors
        if gradient is None:
            return None, None, None, None, None
        total, product = products(gradient, z.flatten(-2), apart=False)
        of_z = (gradient * weight).view_as(z)
        one = weight.new_ones(z.shape[-1])
        moments = torch.zeros_like(inverse), torch.ones_like(inverse)
        dx, _, _ = torch.ops.aten.native_layer_norm_backward(
            of_z, z, one.shape, *moments, one, None, [True, False, False]
        )
        return dx.mul_(inverse).flatten(-2), product.flatten(), total.flatten(), None, None
