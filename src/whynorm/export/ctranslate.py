"""A model as the inference engine CTranslate2 reads it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

import ctranslate2  # pyright: ignore[reportMissingImports]
import torch
from ctranslate2 import specs  # pyright: ignore[reportMissingImports]
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.data.batch import Batch
from whynorm.data.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabularies
from whynorm.export.acceptance import is_pre, require
from whynorm.export.wiring import Joint, wiring
from whynorm.masks.paper import Rules
from whynorm.model.attention import Attention
from whynorm.model.embedding import LearnedPositions
from whynorm.model.feed_forward import FeedForward
from whynorm.model.layers import Decoder, DecoderLayer, Encoder, EncoderLayer
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.norms.rms import RMSNorm

# The score of a token that is never to be written, so small that its probability is 0.
NEVER = -1e9

# The classes of `specs` name their parts as they like, which no type checker knows.
Spec = Any


def write(
    model: Transformer, rules: Rules, vocabularies: Vocabularies, folder: Path, *, reach: int
) -> None:
    """Write the model's weights, configuration and vocabularies into an empty folder.

    Tokens are called by their ids, as text. Sinusoidal positions are written up to `reach`.
    Raises ValueError, before anything is written, for what CTranslate2 cannot compute.
    """
    require(model, rules)
    spec = specification(model, reach=reach)
    spec.register_source_vocabulary([str(number) for number in range(len(vocabularies.source))])
    spec.register_target_vocabulary([str(number) for number in range(len(vocabularies.target))])
    spec.validate()
    spec.optimize()
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))


@torch.no_grad()
def specification(model: Transformer, *, reach: int) -> Spec:
    """The model's weights where CTranslate2 looks for them."""
    heads = cast(EncoderLayer, model.encoder.layers[0]).attention.heads
    spec: Spec = specs.TransformerSpec(
        specs.TransformerEncoderSpec(len(model.encoder.layers), heads, **form(model.encoder)),
        specs.TransformerDecoderSpec(len(model.decoder.layers), heads, **form(model.decoder)),
    )
    fill_embeddings(spec, model, reach)
    fill_stack(spec.encoder, model.encoder)
    fill_stack(spec.decoder, model.decoder)
    every = (module for module in model.modules() if isinstance(module, Norm))
    spec.config.layer_norm_epsilon = next(every).eps
    names = {"unk": UNKNOWN, "bos": BEGIN, "eos": END, "decoder_start": BEGIN}
    for name, number in names.items():
        setattr(spec.config, f"{name}_token", str(number))
    return spec


def form(stack: Encoder | Decoder) -> dict[str, Any]:
    """Where the norms of a stack stand and of what kind they are."""
    found = wiring(stack.placement)
    norms = [module for module in stack.placement.modules() if isinstance(module, Norm)]
    return {
        "pre_norm": is_pre(stack),
        "no_final_norm": found.final is None,
        "rms_norm": isinstance(norms[0], RMSNorm),
    }


def fill_embeddings(spec: Spec, model: Transformer, reach: int) -> None:
    """Tables, positions and the projection, which never writes PAD and BEGIN, as our searches."""
    embedding = model.embedding
    spec.encoder.embeddings[0].weight = numbers(embedding.source_table.weight)
    spec.decoder.embeddings.weight = numbers(embedding.target_table.weight)
    for stack, positions in (
        (spec.encoder, embedding.source_positions),
        (spec.decoder, embedding.target_positions),
    ):
        stack.position_encodings.encodings = numbers(table(positions, reach))
    output = embedding.output
    bias = torch.zeros(output.out_features) if output.bias is None else output.bias.clone()
    bias[[PAD, BEGIN]] = NEVER
    spec.decoder.projection.weight = numbers(output.weight)
    spec.decoder.projection.bias = numbers(bias)


def table(positions: nn.Module, reach: int) -> Float[Tensor, "time feature"]:
    """The vector of each position: of all learnt ones, or of so many sinusoidal ones."""
    if isinstance(positions, LearnedPositions):
        return positions.table.weight
    return positions(torch.arange(reach)[None], reach)[0]


def fill_stack(spec: Spec, stack: Encoder | Decoder) -> None:
    """The layers of a stack and its final norm."""
    found = wiring(stack.placement)
    layers = cast(Iterable[EncoderLayer | DecoderLayer], stack.layers)
    for into, layer, joints in zip(spec.layer, layers, found.layers, strict=True):
        fill_attention(into.self_attention, layer.attention, joints[0], cross=False)
        if isinstance(layer, DecoderLayer):
            fill_attention(into.attention, layer.cross_attention, joints[1], cross=True)
        fill_feed_forward(into.ffn, layer.feed_forward, joints[-1])
    if found.final is not None:
        fill_norm(spec.layer_norm, found.final, 1.0)


def fill_attention(spec: Spec, attention: Attention, joint: Joint, *, cross: bool) -> None:
    """Attention's matrices: queries, keys and values together, or (cross) queries apart."""
    parts = [(0, 1), (1, 3)] if cross else [(0, 3)]
    for into, rows in zip(spec.linear[:-1], parts, strict=True):
        fill_linear(into, *attention.rows(*rows))
    output = attention.output
    fill_linear(spec.linear[-1], joint.share * output.weight, joint.share * output.bias)
    fill_joint(spec.layer_norm, joint)


def fill_feed_forward(spec: Spec, part: FeedForward, joint: Joint) -> None:
    """The two matrices of a feed-forward."""
    fill_linear(spec.linear_0, part.inner.weight, part.inner.bias)
    fill_linear(spec.linear_1, joint.share * part.outer.weight, joint.share * part.outer.bias)
    fill_joint(spec.layer_norm, joint)


def fill_joint(spec: Spec, joint: Joint) -> None:
    """The norm of a sub-layer, on whichever side of it."""
    norm = joint.before or joint.total
    assert norm is not None, "each sub-layer has a norm"
    fill_norm(spec, norm, joint.divisor)


def fill_norm(spec: Spec, norm: Norm, divisor: float) -> None:
    """A norm's weight and bias, or the constants that stand for those it lacks."""
    weight = torch.ones(norm.d_model) if norm.weight is None else norm.weight
    spec.gamma = numbers(weight / divisor)
    if not isinstance(norm, RMSNorm):
        bias = torch.zeros(norm.d_model) if norm.bias is None else norm.bias
        spec.beta = numbers(bias / divisor)


def fill_linear(
    spec: Spec, weight: Float[Tensor, "output input"], bias: Float[Tensor, " output"]
) -> None:
    """A matrix and its bias."""
    spec.weight, spec.bias = numbers(weight), numbers(bias)


def numbers(x: Float[Tensor, "..."]) -> Any:
    """The numbers of a tensor in single precision, for CTranslate2."""
    return x.detach().float().cpu().contiguous().numpy()


def scores(folder: Path, batch: Batch) -> Float[Tensor, " token"]:
    """The log-probability of each label of a batch, as CTranslate2 computes it."""
    engine = ctranslate2.Translator(str(folder), intra_threads=torch.get_num_threads())
    sides = (batch.source.tolist(), [row[1:] for row in batch.target.tolist()])
    source, target = ([names(row) for row in rows] for rows in sides)
    found = engine.score_batch(source, target)
    return torch.tensor([number for one in found for number in one.log_probs])


def names(ids: list[int]) -> list[str]:
    """The names of a sentence's tokens; CTranslate2 adds the END itself."""
    return [str(number) for number in ids if number not in (PAD, END)]
