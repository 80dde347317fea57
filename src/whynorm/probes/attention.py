"""Where a model's attention puts its weight: on padding, on the future, and how evenly."""

import inspect
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from whynorm.data.batch import Batch, teacher_forced
from whynorm.data.vocabulary import BEGIN
from whynorm.masks.algebra import distance
from whynorm.masks.paper import Masks, Rules
from whynorm.model.attention import Attention
from whynorm.model.layers import DecoderLayer, EncoderLayer
from whynorm.model.transformer import Transformer
from whynorm.probes.snapshot import held
from whynorm.probes.subject import AtLeastOne, Examined, Row, Subject
from whynorm.results.attention import Grid, draw_grid

SITES = ("encoder", "decoder", "cross")
MEASURES = ("mass on padding", "mass on the future", "entropy in nats", "normalised entropy")


class Weights(NamedTuple):
    """The weights of one attention over one batch; layers are counted from 1."""

    site: str
    layer: int
    weights: Float[Tensor, "batch head query key"]
    visible: Bool[Tensor, "#batch 1 #query #key"]


def attention(
    subject: Subject, folder: Path, *, shortest: AtLeastOne = 6, longest: AtLeastOne = 14
) -> list[Row]:
    """The masses and entropies of every head; draws `attention-<site>` of one sentence.

    It is the first with `shortest` to `longest` tokens on either side, or else the first of all.
    """
    examined = subject.examined()
    for site, grid in maps(examined, shortest, longest).items():
        draw_grid(grid, folder / f"attention-{site}")
    return masses(examined.model, examined.rules, examined.batches)


def masses(model: Transformer, rules: Rules, batches: Iterable[Batch]) -> list[Row]:
    """A row for each head: what real queries do on average, when evaluating.

    The future are real keys later than the query in the decoder's self-attention; elsewhere there
    is none, and its mass is NaN. The normalised entropy is the entropy divided by the logarithm of
    how many keys the query may see, over the queries that may see two or more.
    """
    sums: dict[tuple[str, int], Tensor] = defaultdict(lambda: torch.zeros(()))
    for batch in batches:
        shown = teacher_forced(on_device_of(model, batch))
        masks = rules(shown.source_real, shown.real)
        for found in read(model, shown.source, shown.inputs, masks):
            sums[found.site, found.layer] = sums[found.site, found.layer] + summed(found, masks)
    order = sorted(sums, key=lambda place: (SITES.index(place[0]), place[1]))
    return [row for place in order for row in rows(*place, sums[place])]


def read(
    model: Transformer,
    source: Int[Tensor, "batch source"],
    target: Int[Tensor, "batch target"],
    masks: Masks,
) -> list[Weights]:
    """The weights of every attention of the model, evaluating, in the order of its layers."""
    found: list[Weights] = []
    hooks = [
        module.register_forward_pre_hook(partial(hear, found, site, layer), with_kwargs=True)
        for site, layer, module in attentions(model)
    ]
    try:
        with held(model, training=False), torch.no_grad():
            model(source, target, masks)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def attentions(model: Transformer) -> Iterator[tuple[str, int, Attention]]:
    """Site, layer and module of every attention."""
    for number, layer in enumerate(cast(Iterable[EncoderLayer], model.encoder.layers), start=1):
        yield "encoder", number, layer.attention
    for number, layer in enumerate(cast(Iterable[DecoderLayer], model.decoder.layers), start=1):
        yield "decoder", number, layer.attention
        yield "cross", number, layer.cross_attention


def hear(
    found: list[Weights],
    site: str,
    layer: int,
    module: Attention,
    positional: tuple[Any, ...],
    named: dict[str, Any],
) -> None:
    """Append the weights of an attention that is about to run with these arguments."""
    given = inspect.signature(module.forward).bind(*positional, **named).arguments
    scores, visible = module.scores(given["x"], given.get("memory")), given["visible"]
    found.append(Weights(site, layer, module.fill.weights(scores, visible), visible))


def on_device_of(model: Transformer, batch: Batch) -> Batch:
    """The batch where the model is."""
    device = next(model.parameters()).device
    return Batch(*(part.to(device) for part in batch))


def real_queries_and_keys(
    site: str, masks: Masks
) -> tuple[Bool[Tensor, "batch query"], Bool[Tensor, "batch key"]]:
    """Which queries and which keys of a site are real."""
    queries = masks.source if site == "encoder" else masks.target
    return queries, masks.target if site == "decoder" else masks.source


def summed(found: Weights, masks: Masks) -> Float[Tensor, "6 head"]:
    """Per head, over real queries: padding, future, entropy, normalised entropy, and two counts.

    The first count is of all real queries, the second of those with a choice of keys.
    """
    query_real, key_real = real_queries_and_keys(found.site, masks)
    weights, keys = found.weights.double(), found.visible.expand(found.weights.shape).sum(-1)
    padded, later = ~key_real[:, None, None], distance(query_real, key_real) > 0
    future = weights.where(later & ~padded, 0.0).sum(-1)
    entropy = torch.special.entr(weights).sum(-1)
    each = [
        weights.where(padded, 0.0).sum(-1),
        future if found.site == "decoder" else torch.full_like(future, math.nan),
        entropy,
        torch.where(keys > 1, entropy / keys.clamp(min=2).log(), 0.0),
        torch.ones_like(entropy),
        (keys > 1).double(),
    ]
    # Padded queries are left out before summing, for their weights may be NaN.
    return torch.stack(each).transpose(2, 3)[:, query_real].sum(1).cpu()


def rows(site: str, layer: int, sums: Float[Tensor, "6 head"]) -> list[Row]:
    """The means of one attention, a row a head."""
    means = sums[:4] / sums[[4, 4, 4, 5]]
    return [
        {"site": site, "layer": layer, "head": head, **dict(zip(MEASURES, values, strict=True))}
        for head, values in enumerate(means.T.tolist(), start=1)
    ]


def maps(examined: Examined, shortest: int, longest: int) -> dict[str, Grid]:
    """For each site, the maps of all layers and heads over one sentence."""
    batch, number = sentence(examined.batches, shortest, longest)
    shown = teacher_forced(on_device_of(examined.model, batch))
    masks = examined.rules(shown.source_real, shown.real)
    words = (
        labels(examined.source_words, shown.source[number, shown.source_real[number]]),
        labels(examined.target_words, shown.inputs[number, shown.real[number]]),
    )
    found = read(examined.model, shown.source, shown.inputs, masks)
    return {site: grid(site, found, masks, number, words) for site in SITES}


def sentence(batches: Sequence[Batch], shortest: int, longest: int) -> tuple[Batch, int]:
    """The first sentence of these lengths (or of all): its batch, and its place there."""
    for batch in batches:
        shown = teacher_forced(batch)
        lengths = torch.stack([shown.source_real.sum(-1), shown.real.sum(-1)])
        fits = ((lengths >= shortest) & (lengths <= longest)).all(0)
        if fits.any():
            return batch, int(fits.nonzero()[0])
    return batches[0], 0


def labels(words: Callable[[Sequence[int]], list[str]], ids: Int[Tensor, " time"]) -> list[str]:
    """A word for each id, BEGIN included, which has no text of its own."""
    pairs = zip(ids.tolist(), words(ids.tolist()), strict=True)
    return ["<begin>" if token == BEGIN else word for token, word in pairs]


def grid(
    site: str,
    found: Sequence[Weights],
    masks: Masks,
    number: int,
    words: tuple[list[str], list[str]],
) -> Grid:
    """One site's maps of one sentence; padded keys are one column where any of them has weight."""
    query_real, key_real = (real[number] for real in real_queries_and_keys(site, masks))
    weights = torch.stack([one.weights[number] for one in found if one.site == site])
    weights, keys = weights[:, :, query_real], words[site == "decoder"]
    real, padding = weights[..., key_real], weights[..., ~key_real].sum(-1, keepdim=True)
    if padding.any():
        keys, real = [*keys, "padding"], torch.cat([real, padding], dim=-1)
    return Grid(real.tolist(), words[site != "encoder"], keys)
