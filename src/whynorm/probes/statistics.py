"""What batch statistics do: their fluctuation, and what training on them costs in evaluation."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import torch

from whynorm.data.batch import Batch
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.probes.discrepancy import (
    Distance,
    Moments,
    average,
    discrepancy,
    discrepancy_as_published,
    fluctuation,
    towards,
    watch,
)
from whynorm.probes.loss import mean_loss
from whynorm.probes.reestimation import reestimated
from whynorm.probes.snapshot import held
from whynorm.probes.subject import Examined, Row, Subject, logits

Recorded = dict[str, list[Moments]]


def statistics(
    subject: Subject, folder: Path, *, momentum: float = 0.1, passes: int = 3
) -> list[Row]:
    """Two rows for each norm, over the training batches and over the validation batches.

    Statistics are those of the real tokens that reach the norm, whatever it does with them, so
    that norms which keep none compare. The population's are the average of the training batches'.
    `fluctuation_…` is the mean distance of a batch to running statistics that begin at the
    population's and move by `momentum` with each training batch; over validation they rest.
    `tid_…` is the training-inference discrepancy to the population, as the paper writes it and
    `…_published` as the authors' code computes it. The losses are the model's, in nats a real
    token, the same in each row of a set: with its running statistics, with each batch's own, and
    with `reestimated` ones, for which the training batches pass `passes` times. No picture is made.
    """
    examined = subject.examined()
    model, rules, validation, training, *_ = examined
    seen = record(model, rules, training)
    population = {name: average(batches) for name, batches in seen.items()}
    losses = {
        "training": three_losses(examined, training, passes),
        "validation": three_losses(examined, validation, passes),
    }
    kinds = (("training", seen, momentum), ("validation", record(model, rules, validation), 0.0))
    return [
        {"norm": name, "batches": kind}
        | distances(batches[name], population[name], pace)
        | losses[kind]
        for name in population
        for kind, batches, pace in kinds
    ]


@torch.no_grad()
def record(model: Transformer, rules: Rules, batches: Iterable[Batch]) -> Recorded:
    """The moments at the input of each norm, batch by batch, as in training without dropout."""
    recorded: Recorded = {}
    hooks = watch(model, lambda name, batch: recorded.setdefault(name, []).append(batch))
    try:
        for batch in batches:
            with held(model, training=True):
                logits(model, rules, batch)
    finally:
        for hook in hooks:
            hook.remove()
    return recorded


def distances(batches: list[Moments], population: Moments, momentum: float) -> dict[str, float]:
    """All the distances of one norm, each the mean over the batches."""
    paper = [discrepancy(batch, population) for batch in batches]
    published = [discrepancy_as_published(batch, population) for batch in batches]
    return {
        **named("fluctuation_{}", fluctuations(batches, population, momentum)),
        **named("tid_{}", paper),
        **named("tid_{}_published", published),
    }


def fluctuations(batches: list[Moments], running: Moments, momentum: float) -> list[Distance]:
    """How far each batch lies from the running statistics that it meets."""
    met = []
    for batch in batches:
        met.append(fluctuation(batch, running))
        running = towards(running, batch, momentum)
    return met


def named(pattern: str, found: list[Distance]) -> dict[str, float]:
    """The mean distances, under the names that the pattern makes of `mean` and `variance`."""
    means = [float(torch.stack(parts).mean()) for parts in zip(*found, strict=True)]
    return {
        pattern.format(moment): value for moment, value in zip(Distance._fields, means, strict=True)
    }


def three_losses(examined: Examined, batches: Sequence[Batch], passes: int) -> dict[str, float]:
    """The loss of these batches under running, batch and re-estimated statistics."""
    model, rules = examined.model, examined.rules
    running = mean_loss(model, rules, batches, training=False)
    own = mean_loss(model, rules, batches, training=True)
    with reestimated(model, rules, examined.training_batches, passes=passes):
        precise = mean_loss(model, rules, batches, training=False)
    return {"loss_running": running, "loss_batch": own, "loss_reestimated": precise}
