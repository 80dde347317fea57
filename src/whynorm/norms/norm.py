"""The contract that every normaliser keeps: `norm(x, real)`."""

from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn


class Norm(nn.Module):
    """A normaliser: `weight * (x - location) / scale + bias`.

    A subclass says over which numbers `location` and `scale` are taken. One that has neither
    overrides `normalised`; one for which torch has a fused kernel overrides `normalised` with
    it, and a test holds the kernel equal to the formula written here. Both are given numbers in
    single precision or better, whatever the precision around them.

    `across_time` is True where, when evaluating, the output at one token depends on other tokens
    of its sentence: such a norm in the decoder cannot be decoded with cached keys and values.
    `penalty` is what the last batch in training adds to the loss per token, for norms that say
    so; who trains takes it and clears it.
    """

    across_time: bool = False
    penalty: Tensor | None = None

    def __init__(
        self, d_model: int, *, eps: float = 1e-5, weight: bool = True, bias: bool = True
    ) -> None:
        super().__init__()
        self.d_model = d_model
        self.eps = eps
        self.weight = nn.Parameter(torch.ones(d_model)) if weight else None
        self.bias = nn.Parameter(torch.zeros(d_model)) if bias else None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "penalty": None}  # it belongs to a batch, not to the norm

    def location_and_scale(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "..."], Float[Tensor, "..."]]:
        """What is subtracted and what is divided by, each broadcastable to x."""
        raise NotImplementedError(f"{type(self).__name__} has no location and scale")

    def forward(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """x normalised, in the precision that it came in; computed in single or better."""
        if not torch.is_autocast_enabled(x.device.type):
            return self.normalised(at_least_single(x), real).to(x.dtype)
        with torch.autocast(x.device.type, enabled=False):
            return self.normalised(at_least_single(x), real).to(x.dtype)

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The formula itself."""
        location, scale = self.location_and_scale(x, real)
        return self.affine((x - location) / scale)

    def affine(self, x: Float[Tensor, "*any feature"]) -> Float[Tensor, "*any feature"]:
        """`weight * x + bias`, either of which may be absent."""
        if self.weight is not None and self.bias is not None:
            return torch.addcmul(self.bias, x, self.weight)
        if self.weight is not None:
            return x * self.weight
        return x if self.bias is None else x + self.bias

    def extra_repr(self) -> str:
        """What a printed model shows of this norm."""
        return f"{self.d_model}, eps={self.eps}"


def at_least_single(x: Float[Tensor, "*any"]) -> Float[Tensor, "*any"]:
    """x in float32 where it comes in half precision, as it is otherwise."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
