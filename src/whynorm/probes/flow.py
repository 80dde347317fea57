"""How signals and gradients flow through the layers of a model: one pass forward and back."""

import math
from pathlib import Path

import torch

from whynorm.probes.loss import summed_loss, tokens
from whynorm.probes.snapshot import held
from whynorm.probes.stream import FlowObserver, stacks
from whynorm.probes.subject import Examined, Row, Subject
from whynorm.results.flow import Panel, draw

MEASURES = (
    "gradient_norm",
    "variance_entering",
    "variance_leaving",
    "change_ratio",
    "attention_output_ratio",
    "cross_attention_output_ratio",
    "feed_forward_output_ratio",
    "kurtosis",
    "outliers",
    "effective_rank",
)
DRAWN = {
    "gradient_norm": "gradient norm of the layer",
    "variance_leaving": "variance of the stream",
    "change_ratio": "change / stream entering (rms)",
    "kurtosis": "kurtosis of the features",
}


def flow(subject: Subject, folder: Path) -> list[Row]:
    """A row for each layer of each stack, from the first training batch; draws `flow.svg`, `.png`.

    Norms train, dropout is off, and the loss is the plain one, the mean over real tokens. Of a
    model that was not trained this is the flow at initialisation. What a layer lacks is not a
    number. A layer's `gradient_norm` is that of its attention and feed-forward parameters, norms of
    queries and keys among them; the norms that a placement puts around and into sub-layers are
    not counted, so that arms compare.

    `change_ratio` compares between placements: the size (rms) of what a layer changes in the
    stream, leaving minus entering, over that of the stream that enters it. It has the norms on the
    stream in it, where there are any; where a placement runs two streams, it is that of the
    first, which sub-layers read, and the other measures are of both together. An `…_output_ratio`
    is the size of what a sub-layer returns over that of the stream that enters the layer. That is
    not the share that it adds: dropout is off, but in sandwich, peri and normformer a norm
    follows, rezero multiplies it by its a (0 at initialisation), deepnorm adds it to alpha times
    the stream, and post-norm sub-layers after the first are added to a stream that is normalised.
    """
    examined = subject.examined()
    found = observed(examined)
    rows: list[Row] = [
        {"stack": name, "layer": layer}
        | {m: found.get(f"{name}/{layer}/{m}", math.nan) for m in MEASURES}
        for name, stack in stacks(examined.model)
        for layer in range(1, len(stack.layers) + 1)
    ]
    draw([panel(title, measure, rows) for measure, title in DRAWN.items()], folder / "flow")
    return rows


def observed(examined: Examined) -> dict[str, float]:
    """What an observer sees of one pass forward and back; the model is kept as it was."""
    model, batch = examined.model, examined.training_batches[0]
    observer = FlowObserver()
    with held(model, training=True), torch.enable_grad():
        model.zero_grad(set_to_none=True)
        observer.attach(model)
        try:
            (summed_loss(model, examined.rules, batch) / tokens(batch)).backward()
            return observer.values()
        finally:
            observer.detach()


def panel(title: str, measure: str, rows: list[Row]) -> Panel:
    """One measure over the layers, a line for each stack."""
    lines: dict[str, list[float]] = {}
    for row in rows:
        lines.setdefault(str(row["stack"]), []).append(float(row[measure]))
    return Panel(title, lines)
