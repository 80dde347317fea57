"""Where the norms stand: how a stack's sub-layers, residual connections and norms are wired."""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

from jaxtyping import Bool, Float
from torch import Tensor, nn

from whynorm.norms.norm import Norm

Sublayer = Callable[[Tensor], Tensor]


class Placement(nn.Module):
    """The wiring of one stack (encoder or decoder): `enter`, then a call for each layer, then `leave`."""

    def __init__(self, norm: Callable[[], Norm], *, layers: int, sublayers: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(
            nn.ModuleList(norm() for _ in range(sublayers)) for _ in range(layers)
        )

    def norms_of(self, index: int) -> Iterable[Norm]:
        """The norms of one layer, one a sub-layer."""
        return cast(Iterable[Norm], self.norms[index])

    def enter(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """What the first layer receives."""
        return x

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """x after the sub-layers of one layer."""
        raise NotImplementedError

    def leave(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """What the stack returns."""
        return x


class Post(Placement):
    """norm(x + F(x)) (Vaswani 2017, §3.1)."""

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """Each sub-layer's residual sum, normalised."""
        for norm, sublayer in zip(self.norms_of(index), sublayers, strict=True):
            x = norm(x + sublayer(x), real)
        return x


class Pre(Placement):
    """x + F(norm(x)), with one more norm at the end of the stack (Xiong 2020, arXiv:2002.04745)."""

    def __init__(self, norm: Callable[[], Norm], *, layers: int, sublayers: int) -> None:
        super().__init__(norm, layers=layers, sublayers=sublayers)
        self.final = norm()

    def forward(
        self,
        index: int,
        x: Float[Tensor, "batch time feature"],
        real: Bool[Tensor, "batch time"],
        sublayers: Sequence[Sublayer],
    ) -> Float[Tensor, "batch time feature"]:
        """The residual stream, to which each sub-layer of a normalised copy is added."""
        for norm, sublayer in zip(self.norms_of(index), sublayers, strict=True):
            x = x + sublayer(norm(x, real))
        return x

    def leave(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """The stream, normalised at last."""
        return self.final(x, real)
