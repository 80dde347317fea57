"""Norms that go wrong, each in its way, once they are used."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.layer import LayerNorm


class Diverging(LayerNorm):
    """Puts out what is no number."""

    def forward(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """NaN everywhere."""
        return x * torch.nan


class Failing(LayerNorm):
    """Has a bug."""

    def forward(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """An error that nobody expects."""
        raise RuntimeError("this norm has a bug")


class Interrupting(LayerNorm):
    """Stands for a user who presses Ctrl-C."""

    def forward(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The user's interrupt."""
        raise KeyboardInterrupt
