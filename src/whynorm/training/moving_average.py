"""Exponential moving average of the weights during training."""

from typing import Any

import torch
from pytorch_lightning.callbacks import WeightAveraging


class MovingAverage(WeightAveraging):
    """An exponential moving average of weights, used to validate, kept when training ends.

    After the n-th update, counted from 0, the decay is min(decay, (1 + n) / (10 + n)), so that the
    first weights are soon forgotten. Floating-point buffers, BatchNorm's running statistics among
    them, are averaged with the weights, since they describe the activations that those weights
    made; counters and other integers are the newest. A checkpoint's `state_dict` is the average.
    """

    def __init__(self, *, decay: float = 0.999) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay={decay} is no share below 1; choose e.g. 0.999")
        super().__init__(use_buffers=True, multi_avg_fn=self.average)
        self.decay = decay
        self._update = 0

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """Yes, after every update of the weights."""
        if step_idx is not None:
            self._update = step_idx
        return step_idx is not None

    # torch declares lists of tensors or None, and a counter that is not used here.
    def average(self, averages: Any, newest: Any, updates: Any) -> None:
        """Move the averages, all of one type, towards the newest values, in place."""
        if not torch.is_floating_point(averages[0]):
            for average, new in zip(averages, newest, strict=True):
                average.copy_(new)
            return
        decay = min(self.decay, (1 + self._update) / (10 + self._update))
        share = 1 - decay
        torch._foreach_lerp_(averages, newest, share)  # pyright: ignore[reportPrivateImportUsage]
