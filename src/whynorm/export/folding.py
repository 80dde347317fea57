"""Batch norms folded into the linear layers beside them: the same function without any norm.

When evaluating, a norm of running statistics is an affine map of each feature. Where it normalises
what a sub-layer reads or returns, the map goes into that sub-layer's matrices. Where it
normalises the stream itself, as in post-norm, the stream x is carried on as a rescaled one, z with
x = scale * z + shift: whoever reads z undoes that in its matrix, and what a sub-layer adds is
divided by the scale.
"""

from collections.abc import Iterable
from copy import deepcopy
from typing import NamedTuple, cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.export.affine import Affine, affine, identity
from whynorm.export.wiring import Joint, option, wiring
from whynorm.model.embedding import Embeddings
from whynorm.model.layers import Decoder, DecoderLayer, Encoder, EncoderLayer
from whynorm.model.transformer import Transformer
from whynorm.norms.none import NoNorm
from whynorm.norms.norm import Norm

Stack = Encoder | Decoder
Weights = tuple[Float[Tensor, "output input"], Float[Tensor, " output"]]
Maps = dict[Norm, Affine]


class Folding(NamedTuple):
    """A model without the norms of some of its stacks, and how it came to be.

    `untied` says that its output projection no longer shares the embedding's table.
    """

    model: Transformer
    stacks: list[str]
    norms: int
    untied: bool


@torch.no_grad()
def fold(model: Transformer) -> Folding:
    """A copy of the model whose affine norms have gone into its matrices; it is for evaluating.

    Encoder and decoder are folded each where all its norms are affine. Raises ValueError where
    neither can be.
    """
    copy, dtype = deepcopy(model).eval(), model.embedding.source_table.weight.dtype
    convert(copy, torch.float64)
    tied = copy.embedding.output.weight is copy.embedding.target_table.weight
    maps = {stack: maps_of(stack) for stack in (copy.encoder, copy.decoder)}
    if not any(maps.values()):
        raise ValueError(refusal(model))
    if maps[copy.encoder]:
        leaving = fold_stack(copy.encoder, maps[copy.encoder])
        for layer in cast(Iterable[DecoderLayer], copy.decoder.layers):
            read(layer.cross_attention.rows(1, 3), leaving)
    if maps[copy.decoder]:
        project(copy.embedding, fold_stack(copy.decoder, maps[copy.decoder]))
    untied = tied and copy.embedding.output.weight is not copy.embedding.target_table.weight
    convert(copy, dtype)
    names = [stack.placement.stack.name for stack in maps if maps[stack]]
    return Folding(copy, [*names], sum(map(len, maps.values())), untied)


def convert(model: nn.Module, dtype: torch.dtype) -> None:
    """Change the precision of weights alone: sinusoids are computed in double precision."""
    for parameter in model.parameters():
        parameter.data = parameter.data.to(dtype)


def maps_of(stack: Stack) -> Maps:
    """The map of each of the stack's norms; none unless all are affine and one does anything."""
    try:
        found = {norm: affine(norm) for norm in norms(stack)}
    except ValueError:
        return {}
    return found if any(one.changes for one in found.values()) else {}


def norms(stack: Stack) -> list[Norm]:
    """The norms that the stack's placement has made; those of queries and keys are not among."""
    return [module for module in stack.placement.modules() if isinstance(module, Norm)]


def refusal(model: Transformer) -> str:
    """Why nothing of the model folds."""
    names = sorted(
        {option(norm) for part in (model.encoder, model.decoder) for norm in norms(part)}
    )
    return (
        f"norm={', '.join(names)} is not exported: CTranslate2 computes layer and rms, and what "
        "folds into the matrices beside it is an affine map of each feature when evaluating, as "
        "batch, batch_renorm, regularized_batch, power, power_v and unified are"
    )


def fold_stack(stack: Stack, maps: Maps) -> Affine:
    """Take the norms out of a stack; what its output has to be put through afterwards."""
    found, unchanged = wiring(stack.placement), identity(stack.placement.stack.d_model)
    stream = unchanged if found.first is None else maps[found.first]
    for layer, joints in zip(stack.layers, found.layers, strict=True):
        sublayers = ends(cast(EncoderLayer | DecoderLayer, layer))
        for sublayer, joint in zip(sublayers, joints, strict=True):
            stream = fold_sublayer(sublayer, joint, stream, maps)
    for parent in stack.placement.modules():
        for name, child in parent.named_children():
            if isinstance(child, Norm):
                setattr(parent, name, NoNorm(child.d_model))
    return stream if found.final is None else maps[found.final].of(stream)


class Ends(NamedTuple):
    """The matrices of a sub-layer that read the stream, and the linear layer that returns to it."""

    reads: Weights
    returns: nn.Linear


def ends(layer: EncoderLayer | DecoderLayer) -> list[Ends]:
    """Those of a layer's sub-layers, in their order; what cross-attention remembers left out."""
    found = [Ends(layer.attention.rows(0, 3), layer.attention.output)]
    if isinstance(layer, DecoderLayer):
        cross = layer.cross_attention
        found.append(Ends(cross.rows(0, 1), cross.output))
    return [*found, Ends(weights(layer.feed_forward.inner), layer.feed_forward.outer)]


def fold_sublayer(sublayer: Ends, joint: Joint, stream: Affine, maps: Maps) -> Affine:
    """Take the norms from around a sub-layer; what makes the true stream of the one behind it."""
    scale, shift = stream if joint.before is None else maps[joint.before].of(stream)
    read(sublayer.reads, Affine(scale, shift / joint.divisor))
    returned = weights(sublayer.returns)
    if joint.hidden is not None:
        read(returned, maps[joint.hidden])
    if joint.after is not None:
        write(returned, maps[joint.after])
    write(returned, inverse(stream))
    kept = Affine(stream.scale, joint.residual * stream.shift)
    return kept if joint.total is None else maps[joint.total].of(kept)


def inverse(stream: Affine) -> Affine:
    """Division by the stream's scale; ValueError where that has a zero."""
    erased = (stream.scale == 0).nonzero().flatten().tolist()
    if erased:
        raise ValueError(
            f"a norm's weight is 0 for feature {erased[0]}, which erases it from the residual "
            "stream; only a norm can do that, so the model does not fold"
        )
    return Affine(1 / stream.scale, torch.zeros_like(stream.shift))


def weights(linear: nn.Linear) -> Weights:
    """The matrix and the bias of a linear layer."""
    return linear.weight, linear.bias


def read(into: Weights, map_: Affine) -> None:
    """Make W x + b what it would be of scale * x + shift."""
    weight, bias = into
    bias += weight @ map_.shift
    weight *= map_.scale


def write(into: Weights, map_: Affine) -> None:
    """Make W x + b come out as scale * (W x + b) + shift."""
    weight, bias = into
    weight *= map_.scale[:, None]
    bias.mul_(map_.scale).add_(map_.shift)


def project(embedding: Embeddings, leaving: Affine) -> None:
    """Put the map before the projection on the vocabulary, which has then a matrix of its own."""
    if not leaving.changes:
        return
    own = deepcopy(embedding.output)
    if own.bias is None:
        own.bias = nn.Parameter(own.weight.new_zeros(own.out_features))
    read(weights(own), leaving)
    embedding.output = own
