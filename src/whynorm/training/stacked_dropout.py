"""Dropout of runs that are trained at once: each run's noise as it would have drawn it alone."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from whynorm.model.dropout import Dropout, foreseen

# Sizes that no two axes of a batch share, by which they are told apart.
TOLD_APART = {"batch": 3, "source": 5, "target": 7}
Sizes = Mapping[str, int]
Chance = UInt8[Tensor, " byte"]


class Call(NamedTuple):
    """One use of dropout in a forward pass: the axes of what it is called on, and the share."""

    axes: tuple[str | int, ...]
    dtype: torch.dtype
    p: float

    def shape(self, sizes: Sizes) -> tuple[int, ...]:
        """The shape of what it is called on, for a batch of these sizes."""
        return tuple(sizes[axis] if isinstance(axis, str) else axis for axis in self.axes)


def calls(model: nn.Module, forward: Callable[[], object]) -> list[Call]:
    """The uses of dropout, in order, in a forward pass on a batch of the sizes TOLD_APART."""
    names: dict[int, str] = {size: axis for axis, size in TOLD_APART.items()}
    found: list[Call] = []

    def note(dropout: nn.Module, arguments: tuple[Any, ...]) -> None:
        assert isinstance(dropout, Dropout)
        if dropout.training and dropout.p:
            *leading, features = (int(size) for size in arguments[0].shape)
            axes = (*(names.get(size, size) for size in leading), features)
            found.append(Call(axes, arguments[0].dtype, dropout.p))

    hooks = [dropout.register_forward_pre_hook(note) for dropout in dropouts(model)]
    try:
        forward()
    finally:
        for hook in hooks:
            hook.remove()
    return found


def drawn(
    found: Sequence[Call],
    own: Sequence[Sizes],
    common: Sizes,
    chances: Sequence[Chance],
    device: torch.device,
) -> list[Tensor]:
    """The noise of each call: an axis of runs, then what each draws for its own sizes.

    Each draws from its own chance; what is beyond its own sizes is 0.
    """
    shapes = [(call, (len(own), *call.shape(common))) for call in found]
    noises = [torch.zeros(shape, dtype=call.dtype, device=device) for call, shape in shapes]
    for run, (sizes, state) in enumerate(zip(own, chances, strict=True)):
        set_chance(device, state)
        for call, noise in zip(found, noises, strict=True):
            one = foreseen(torch.empty(call.shape(sizes), dtype=call.dtype, device=device), call.p)
            noise[(run, *map(slice, one.shape))] = one
    return noises


@contextmanager
def given(model: nn.Module, noises: Iterable[Tensor]) -> Iterator[None]:
    """Let dropout multiply by these, one a call, instead of drawing."""
    queue = iter(noises)
    try:
        for dropout in dropouts(model):
            dropout.given = queue
        yield
    finally:
        for dropout in dropouts(model):
            dropout.given = None


def dropouts(model: nn.Module) -> list[Dropout]:
    """The model's dropout layers."""
    return [module for module in model.modules() if isinstance(module, Dropout)]


def chance(device: torch.device) -> Chance:
    """The state of the generator that dropout draws from on this device."""
    return _generators(device).get_rng_state()


def set_chance(device: torch.device, state: Chance) -> None:
    """Put that generator into a state that it was in before."""
    _generators(device).set_rng_state(state)


def _generators(device: torch.device) -> Any:
    return torch if device.type == "cpu" else torch.get_device_module(device)
