"""Group normalisation (Wu & He 2018, arXiv:1803.08494, eq. 7)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from whynorm.norms.moments import counted, counted_moments
from whynorm.norms.norm import Norm


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
        """Per token, the faster layer-norm kernel on each group; over time, the formula."""
        if self.over_time:
            return super().normalised(x, real)
        size = self.d_model // self.groups
        grouped = F.layer_norm(x.unflatten(-1, (self.groups, size)), (size,), eps=self.eps)
        return self.affine(grouped.flatten(-2))
