"""A model's state, taken before a probe looks at it and put back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from whynorm.norms.norm import Norm


class Snapshot:
    """Modes, buffers, plain attributes and gradients of a model as they are now.

    Buffers are copied; attributes and gradients are kept as they are, so what changes them in
    place is not undone: clear gradients before a backward pass.
    """

    def __init__(self, model: nn.Module) -> None:
        modules = list(model.modules())
        self.plain = [(module, plain(module)) for module in modules]
        self.buffers = [
            (module, name, buffer, buffer.clone())
            for module in modules
            for name, buffer in module.named_buffers(recurse=False)
        ]
        self.gradients = [(parameter, parameter.grad) for parameter in model.parameters()]

    @torch.no_grad()
    def restore(self) -> None:
        """Put everything back; a buffer that was replaced is the old one again."""
        for module, attributes in self.plain:
            for name in plain(module).keys() - attributes.keys():
                delattr(module, name)
            vars(module).update(attributes)
        for module, name, buffer, copy in self.buffers:
            setattr(module, name, buffer.copy_(copy))
        for parameter, gradient in self.gradients:
            parameter.grad = gradient


def plain(module: nn.Module) -> dict[str, object]:
    """The public attributes of a module that are no parameter, buffer or module; its mode too."""
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


@contextmanager
def kept(model: nn.Module) -> Iterator[None]:
    """Whatever is done to the state inside, the model comes out as it went in."""
    snapshot = Snapshot(model)
    try:
        yield
    finally:
        snapshot.restore()


@contextmanager
def held(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Inside, dropout is off and the norms train or evaluate; the model is kept as it was."""
    with kept(model):
        switch(model, training=training)
        yield


def switch(model: nn.Module, *, training: bool) -> None:
    """Turn dropout off, and all norms to training or to evaluating."""
    model.eval()
    for module in model.modules():
        if isinstance(module, Norm):
            module.train(training)
