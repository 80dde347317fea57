"""The contract that every placement keeps: how it wires one stack, and how large weights start."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Literal, NamedTuple, cast

from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm

MakeNorm = Callable[[int], Norm]
Sublayer = Callable[[Tensor], Tensor]


class Stack(NamedTuple):
    """The stack that a placement wires, and the sizes that some placements go by."""

    name: Literal["encoder", "decoder"]
    encoder_layers: int
    decoder_layers: int
    d_model: int
    d_ff: int
    heads: int

    @property
    def layers(self) -> int:
        """How many layers this stack has."""
        return self.encoder_layers if self.name == "encoder" else self.decoder_layers

    @property
    def sublayers(self) -> int:
        """How many sub-layers each of them has."""
        return 2 if self.name == "encoder" else 3


class Gains(NamedTuple):
    """Factors on first weights.

    `sublayers` is for the value and output matrices of attention and both of the feed-forward;
    `embedding` for the table that the stack reads.
    """

    sublayers: float = 1.0
    embedding: float = 1.0


def normalised(
    norm: nn.Module, real: Bool[Tensor, "batch time"], x: Float[Tensor, "batch time feature"]
) -> Float[Tensor, "batch time feature"]:
    """x, normalised: with its first two arguments given, a norm that needs to be told nothing."""
    return norm(x, real)


def unchanged(x: Tensor) -> Tensor:
    """x itself: nothing stands there."""
    return x


class Inside(NamedTuple):
    """What stands inside the sub-layers of one layer.

    On what the heads of each attention return, (batch, head, query, feature); on the hidden
    features of the feed-forward, (batch, time, d_ff); and on what each attention returns, before
    dropout.
    """

    heads: Sublayer = unchanged
    cross_heads: Sublayer = unchanged
    hidden: Sublayer = unchanged
    attention: Sublayer = unchanged
    cross_attention: Sublayer = unchanged


class Place(NamedTuple):
    """Which sub-layer of which layer is wired, both counted from 0, and what is real there."""

    layer: int
    sublayer: int
    real: Bool[Tensor, "batch time"]


class Placement(nn.Module):
    """The wiring of one stack: `enter`, then a call for each layer, then `leave`.

    A subclass says how one sub-layer is connected. What passes from one to the next is its own
    business: some carry two streams, stacked before the batch.
    """

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        super().__init__()
        self.stack = stack
        self.norms = Norms(norm, stack)

    def gains(self) -> Gains:
        """How much larger or smaller the stack's weights start."""
        return Gains()

    def inside(self, index: int, real: Bool[Tensor, "batch time"]) -> Inside:
        """What stands inside the sub-layers of one layer."""
        return Inside()

    def enter(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "*streams batch time feature"]:
        """What the first layer receives."""
        return x

    def forward(
        self,
        index: int,
        x: Float[Tensor, "*streams batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "*streams batch time feature"]:
        """x after the sub-layers of one layer."""
        for at, (norm, sublayer) in enumerate(zip(self.norms.of(index), sublayers, strict=True)):
            x = self.connect(x, sublayer, partial(normalised, norm, real), Place(index, at, real))
        return x

    def connect(
        self,
        x: Float[Tensor, "*streams batch time feature"],
        sublayer: Sublayer,
        norm: Sublayer,
        at: Place,
    ) -> Float[Tensor, "*streams batch time feature"]:
        """x after one sub-layer, whose norm is `norm`."""
        raise NotImplementedError(f"{type(self).__name__} does not connect a sub-layer")

    def leave(
        self, x: Float[Tensor, "*streams batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """What the stack returns."""
        return x


class Norms(nn.ModuleList):
    """A norm for each sub-layer of each layer of a stack."""

    def __init__(self, norm: MakeNorm, stack: Stack) -> None:
        rows = (range(stack.sublayers) for _ in range(stack.layers))
        super().__init__(nn.ModuleList(norm(stack.d_model) for _ in row) for row in rows)

    def of(self, index: int) -> Iterable[Norm]:
        """The norms of one layer, one a sub-layer."""
        return cast(Iterable[Norm], self[index])

    def one(self, layer: int, sublayer: int) -> Norm:
        """The norm of one sub-layer of one layer."""
        return list(self.of(layer))[sublayer]
