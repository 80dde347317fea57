"""Min-max scaling, the other textbook way to bring numbers to one range."""

from typing import Literal

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.batch import towards
from whynorm.norms.moments import counted
from whynorm.norms.norm import Norm
from whynorm.norms.ranks import of_every_rank


class MinMaxNorm(Norm):
    """u = (x - min) / (max - min + eps), or 2u - 1 where `centred`.

    `over="feature"` takes minimum and maximum of each token's features. `over="tokens"` takes
    those of each feature over the batch's tokens, or (`sync`) over those of all ranks, and keeps
    a running minimum and maximum for evaluating, as BatchNorm does (`momentum` is the weight of
    the newest batch); a batch without real tokens uses the running ones and leaves them alone.
    """

    running_min: Tensor
    running_max: Tensor

    def __init__(
        self,
        d_model: int,
        *,
        over: Literal["feature", "tokens"] = "feature",
        centred: bool = False,
        count_padding: bool = False,
        momentum: float = 0.1,
        sync: bool = True,
        eps: float = 1e-5,
        weight: bool = True,
        bias: bool = True,
    ) -> None:
        super().__init__(d_model, eps=eps, weight=weight, bias=bias)
        if over not in ("feature", "tokens"):
            raise ValueError(f"norm.over={over} is not one of feature, tokens")
        self.over = over
        self.centred = centred
        self.count_padding = count_padding
        self.momentum, self.sync = momentum, sync
        if over == "tokens":
            self.register_buffer("running_min", torch.zeros(d_model))
            self.register_buffer("running_max", torch.ones(d_model))

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """The minimum and the range, or (`centred`) the middle and half the range."""
        low, high = self.extremes(x, real)
        scale = high - low + self.eps
        return (low + scale / 2, scale / 2) if self.centred else (low, scale)

    def extremes(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """Minimum and maximum of each token, or of each feature."""
        if self.over == "feature":
            return x.amin(-1, keepdim=True), x.amax(-1, keepdim=True)
        if not self.training:
            return self.running_min, self.running_max
        kept = counted(real, self.count_padding)
        low = self.of_ranks(x.masked_fill(~kept, torch.inf).amin((0, 1))).amin(0)
        high = self.of_ranks(x.masked_fill(~kept, -torch.inf).amax((0, 1))).amax(0)
        some = low <= high
        low = torch.where(some, low, self.running_min.to(x.dtype))
        high = torch.where(some, high, self.running_max.to(x.dtype))
        self.running_min = towards(self.running_min, low, self.momentum, some)
        self.running_max = towards(self.running_max, high, self.momentum, some)
        return low, high

    def of_ranks(self, x: Float[Tensor, " feature"]) -> Float[Tensor, "rank feature"]:
        """x of this rank, or with `sync` of each."""
        return of_every_rank(x) if self.sync else x.unsqueeze(0)
