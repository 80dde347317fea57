"""How each placement joins sub-layers to its stream, in one form that every export reads."""

import math
from typing import NamedTuple, cast

from torch import nn

from whynorm.norms.norm import Norm
from whynorm.placements.deepnorm import DeepNorm
from whynorm.placements.lns import LayerNormScaling
from whynorm.placements.normformer import NormFormer
from whynorm.placements.peri import Peri
from whynorm.placements.placement import Placement
from whynorm.placements.post import Post
from whynorm.placements.pre import Pre
from whynorm.placements.rezero import ReZero
from whynorm.placements.sandwich import Sandwich
from whynorm.placements.t_fixup import TFixup

# A placement that is made from one of these may differ from it, so it is not taken for one.
KNOWN: tuple[type[Placement], ...] = (
    Post,
    Pre,
    DeepNorm,
    Sandwich,
    Peri,
    LayerNormScaling,
    NormFormer,
    ReZero,
    TFixup,
)


class Joint(NamedTuple):
    """total(residual * x + share * after(F(before(x) / divisor))): one sub-layer F in its place.

    A norm that is None is not there; `hidden` stands before the second matrix of a feed-forward.
    """

    before: Norm | None = None
    after: Norm | None = None
    hidden: Norm | None = None
    total: Norm | None = None
    divisor: float = 1.0
    residual: float = 1.0
    share: float = 1.0


class Wiring(NamedTuple):
    """A stack's norms: of what enters it, of each sub-layer in each layer, of what leaves it."""

    first: Norm | None
    layers: list[list[Joint]]
    final: Norm | None


def wiring(placement: Placement) -> Wiring:
    """The norms of a placement, where they stand.

    Raises ValueError for a placement that has another form, as one with a second stream does.
    """
    if type(placement) not in KNOWN:
        raise ValueError(
            f"placement={option(placement)} leads an older stream around its norms, or is not "
            f"known to exports; choose from {', '.join(sorted(map(option_of, KNOWN)))}"
        )
    first = placement.first if isinstance(placement, Peri) else None
    final = placement.final if isinstance(placement, Pre | Sandwich) else None
    sublayers = range(placement.stack.sublayers)
    layers = [
        [joint(placement, layer, at) for at in sublayers] for layer in range(placement.stack.layers)
    ]
    return Wiring(first, layers, final)


def joint(placement: Placement, layer: int, at: int) -> Joint:
    """How one sub-layer of one layer is joined to the stream, both counted from 0."""
    norm = placement.norms.one(layer, at)
    if isinstance(placement, Post):
        return Joint(total=norm)
    if isinstance(placement, DeepNorm):
        return Joint(total=norm, residual=placement.alpha)
    if isinstance(placement, Sandwich):
        return Joint(before=norm, after=placement.after.one(layer, at))
    if isinstance(placement, LayerNormScaling):
        return Joint(before=norm, divisor=math.sqrt(layer + 1))
    if isinstance(placement, ReZero):
        shares = placement.a[layer].expand(placement.stack.sublayers)
        return Joint(before=norm, share=shares[at].item())
    if isinstance(placement, NormFormer):
        return normformer(placement, layer, at)
    return Joint(before=norm)


def normformer(placement: NormFormer, layer: int, at: int) -> Joint:
    """The same for NormFormer, whose attentions and feed-forwards differ."""
    norm, after = placement.norms.one(layer, at), cast(nn.ModuleList, placement.after[layer])
    if at < len(after):
        return Joint(before=norm, after=cast(Norm, after[at]))
    return Joint(before=norm, hidden=cast(Norm, placement.hidden[layer]))


def option(part: nn.Module) -> str:
    """What a norm or a placement is called on the command line: the name of its file."""
    return option_of(type(part))


def option_of(kind: type) -> str:
    """The same of a class."""
    return kind.__module__.rpartition(".")[2]
