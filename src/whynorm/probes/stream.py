"""What flows through a Transformer's layers: the residual stream, its branches, the gradients."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import cast

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from whynorm.model.attention import Attention
from whynorm.model.feed_forward import FeedForward
from whynorm.model.layers import Decoder, Encoder
from whynorm.model.transformer import Transformer

States = Float[Tensor, "token feature"]
Stack = Encoder | Decoder


def real_states(
    x: Float[Tensor, "*stream batch time feature"], real: Bool[Tensor, "batch time"]
) -> States:
    """The real tokens' states; where a placement runs several streams, of all of them."""
    return x.detach()[..., real, :].flatten(0, -2).float()


def root_mean_square(states: States) -> Tensor:
    """The root of the mean of the squares."""
    return states.square().mean().sqrt()


def kurtosis(states: States) -> Tensor:
    """mean_f (x - mu)⁴ / (mean_f (x - mu)²)² over a token's features, mean of the tokens.

    Pearson's beta_2 (Biometrika 4, 1905), from which the Gaussian's 3 is not subtracted. A token
    whose features are all equal counts as 0.
    """
    # A fourth power leaves single precision long before the states do.
    centred = states.double() - states.double().mean(-1, keepdim=True)
    deviation = centred.square().mean(-1, keepdim=True).sqrt()
    scores = centred / deviation.clamp(min=torch.finfo(deviation.dtype).tiny)
    return scores.pow(4).mean(-1).mean()


def outliers(states: States) -> Tensor:
    """max_f |x| / median_f |x| of a token, mean of the tokens; of two medians, the lower."""
    size = states.abs()
    return (size.amax(-1) / size.median(-1).values.clamp(min=torch.finfo(size.dtype).tiny)).mean()


def effective_rank(states: States) -> Tensor:
    """exp(H(p)), p the singular values over their sum (Roy & Vetterli 2007, EUSIPCO, def. 1).

    Between 1 and the rank; of all zeros it is 1, and not a number where the states are none.
    """
    if not bool(states.isfinite().all()):
        return torch.tensor(torch.nan)
    wide = states.double() if len(states) < states.shape[-1] else states.double().T
    values = torch.linalg.eigvalsh(wide @ wide.T).clamp(min=0).sqrt()
    share = values / values.sum().clamp(min=torch.finfo(values.dtype).tiny)
    return torch.special.entr(share).sum().exp()


def stream(x: Float[Tensor, "*streams batch time feature"]) -> Float[Tensor, "batch time feature"]:
    """The stream that sub-layers read: of a placement's two, the first."""
    return x[0] if x.ndim > 3 else x


def gradient_norm(layer: nn.Module) -> Tensor:
    """The Euclidean norm of the gradients of a layer's parameters; 0 where there are none.

    Norms of queries and keys are among them, as they lie inside attention; other norms lie in the
    placement.
    """
    gradients = [p.grad.flatten() for p in layer.parameters() if p.grad is not None]
    return torch.cat(gradients).norm() if gradients else torch.zeros(())


class FlowObserver:
    """Watches what flows through the layers of a Transformer in each forward pass.

    Layers count from 1. `values` are those of the newest pass, and of the gradients as they lie
    in the parameters when it is called. `change_ratio` is rms(leaving - entering) / rms(entering)
    of the stream over a whole layer, norms and weights of the residual connection included; where
    a placement has two streams it is that of the first, which sub-layers read, and all other
    measures are of both together. A singular value decomposition a layer makes a watched
    pass slow: attach it for the updates that are to be measured, and detach it.
    """

    def __init__(self) -> None:
        self.model: Transformer | None = None
        self.hooks: list[RemovableHandle] = []
        self.found: dict[str, Tensor] = {}
        self.layer = ""
        self.real = torch.empty(0)
        self.size, self.entering = torch.ones(()), torch.empty(0)

    def attach(self, model: Transformer) -> None:
        """Begin to watch a model."""
        self.model = model
        for name, stack in stacks(model):
            before = partial(self.enter, name)
            self.hooks.append(stack.placement.register_forward_pre_hook(before))
            self.hooks.append(stack.placement.register_forward_hook(self.leave))
            for branch, module in branches(stack):
                hook: Callable[..., None] = partial(self.branch, branch)
                self.hooks.append(module.register_forward_hook(hook))

    @torch.no_grad()
    def enter(self, stack: str, module: nn.Module, given: tuple[object, ...]) -> None:
        """Measure the stream as it enters a layer."""
        index, x, real = cast(tuple[int, Tensor, Tensor], given[:3])
        states = real_states(x, real)
        self.layer, self.real = f"{stack}/{index + 1}", real
        self.size, self.entering = root_mean_square(states), real_states(stream(x), real)
        self.found[f"{self.layer}/variance_entering"] = states.var(correction=0)

    @torch.no_grad()
    def branch(self, name: str, module: nn.Module, given: tuple[object, ...], y: Tensor) -> None:
        """Measure what a sub-layer's module returns against the stream that entered the layer.

        It is what leaves its last matrix, and not always what is added to the stream: dropout
        follows, a norm in sandwich, peri and normformer, and rezero's a, which starts at 0.
        """
        ratio = root_mean_square(real_states(y, self.real)) / self.size
        self.found[f"{self.layer}/{name}_output_ratio"] = ratio

    @torch.no_grad()
    def leave(self, module: nn.Module, given: tuple[object, ...], x: Tensor) -> None:
        """Measure the stream as it leaves a layer."""
        states = real_states(x, self.real)
        self.found[f"{self.layer}/variance_leaving"] = states.var(correction=0)
        change = root_mean_square(real_states(stream(x), self.real) - self.entering)
        self.found[f"{self.layer}/change_ratio"] = change / root_mean_square(self.entering)
        for measure in (kurtosis, outliers, effective_rank):
            self.found[f"{self.layer}/{measure.__name__}"] = measure(states)

    def values(self) -> dict[str, float]:
        """Every measure, as `<stack>/<layer>/<measure>`."""
        assert self.model is not None, "attach before asking for values"
        gradients = {
            f"{name}/{index + 1}/gradient_norm": gradient_norm(layer)
            for name, stack in stacks(self.model)
            for index, layer in enumerate(stack.layers)
        }
        return {name: float(value) for name, value in (gradients | self.found).items()}

    def detach(self) -> None:
        """Take the hooks off; what was seen stays."""
        while self.hooks:
            self.hooks.pop().remove()


def stacks(model: Transformer) -> Iterable[tuple[str, Stack]]:
    """The two stacks by name."""
    return (("encoder", model.encoder), ("decoder", model.decoder))


def branches(stack: Stack) -> Iterable[tuple[str, nn.Module]]:
    """The sub-layers of a stack with their names in the layer."""
    children = (child for layer in stack.layers for child in layer.named_children())
    return (child for child in children if isinstance(child[1], Attention | FeedForward))
