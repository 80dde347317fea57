"""What batch statistics do: their fluctuation, and what training on them costs in evaluation."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

import torch

from whynorm.data.batch import Batch
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.probes.discrepancy import (
    Distance,
    Moments,
    Sample,
    discrepancy,
    discrepancy_by_feature,
    fluctuation,
    of_the_others,
    pooled,
    towards,
    watch,
)
from whynorm.probes.loss import mean_loss, tokens
from whynorm.probes.reestimation import reestimated
from whynorm.probes.snapshot import held
from whynorm.probes.subject import AtLeastOne, Examined, Row, Share, Subject, logits

Recorded = dict[str, list[Sample]]
OTHERS, ALL = {"population": "other training batches"}, {"population": "all training batches"}


def statistics(
    subject: Subject, folder: Path, *, momentum: Share = 0.1, passes: AtLeastOne = 3
) -> list[Row]:
    """Two rows for each norm, over the training batches and over the validation batches.

    Statistics are those of the real tokens that reach the norm, whatever it does with them, so
    that norms which keep none compare. No batch is measured by what it was part of: `population`
    says which tokens, taken together, stand for the population. `fluctuation_…` is the mean
    distance of a batch to running statistics that begin at the population's and move by `momentum`
    with each training batch; over validation they rest. `tid_…` is the training-inference
    discrepancy to the population, as the paper writes it and `…_by_feature` by the authors'
    formula. Batches of fewer than two real tokens have no variance: they count in populations and
    are `skipped` otherwise. Where there is no other training batch, there is no number.

    The losses are the model's, in nats a real token, the same in each row of a set.
    `loss_running` is with the running statistics, `loss_batch` as in training: with each batch's
    own, except that power and batch_renorm after warm-up follow the running ones there too, and
    unified its window. `loss_reestimated_held_out` is with statistics taken anew, in `passes`
    passes, from other batches than it is measured on: on validation from all training batches,
    on each half of the training batches from the other half. No picture is made.
    """
    examined = subject.examined()
    model, rules, validation, training, *_ = examined
    seen, unseen = record(model, rules, training), record(model, rules, validation)
    on_training, on_validation = losses(examined, passes)
    rows: list[Row] = []
    for name, samples in seen.items():
        found = distances(samples, of_the_others(samples), len(training), momentum)
        rows.append({"norm": name, "batches": "training"} | found | OTHERS | on_training)
        new = unseen.get(name, [])
        found = distances(new, [pooled(samples)] * len(new), len(validation), 0.0)
        rows.append({"norm": name, "batches": "validation"} | found | ALL | on_validation)
    return rows


@torch.no_grad()
def record(model: Transformer, rules: Rules, batches: Iterable[Batch]) -> Recorded:
    """The tokens at the input of each norm, batch by batch, as in training without dropout."""
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


def distances(
    samples: list[Sample], populations: Sequence[Moments], batches: int, momentum: float
) -> dict[str, float]:
    """All the distances of one norm, each the mean over the batches that have a variance."""
    measured = [
        (sample.moments, population)
        for sample, population in zip(samples, populations, strict=True)
        if sample.n > 1
    ]
    return {
        **named("fluctuation_{}", fluctuations(samples, populations, momentum)),
        **named("tid_{}", [discrepancy(*both) for both in measured]),
        **named("tid_{}_by_feature", [discrepancy_by_feature(*both) for both in measured]),
        "skipped": batches - len(measured),
    }


def fluctuations(
    samples: list[Sample], populations: Sequence[Moments], momentum: float
) -> list[Distance]:
    """How far each batch lies from the running statistics that it meets, begun at its population.

    They have moved with the batches before it, and it has no part in them.
    """
    met = []
    for index, (sample, running) in enumerate(zip(samples, populations, strict=True)):
        for earlier in samples[:index] if momentum else []:
            running = towards(running, earlier, momentum)
        if sample.n > 1:
            met.append(fluctuation(sample.moments, running))
    return met


def named(pattern: str, found: list[Distance]) -> dict[str, float]:
    """The mean distances, under the names that the pattern makes of `mean` and `variance`."""
    return {
        pattern.format(moment): fmean(float(each[at]) for each in found) if found else math.nan
        for at, moment in enumerate(Distance._fields)
    }


def losses(examined: Examined, passes: int) -> tuple[dict[str, float], dict[str, float]]:
    """The losses of the training batches, and those of the validation batches."""
    validation, training = examined.batches, examined.training_batches
    one, two = training[: len(training) // 2], training[len(training) // 2 :]
    return (
        three_losses(examined, training, [(one, two), (two, one)], passes),
        three_losses(examined, validation, [(training, validation)], passes),
    )


Folds = Sequence[tuple[Sequence[Batch], Sequence[Batch]]]


def three_losses(
    examined: Examined, batches: Sequence[Batch], folds: Folds, passes: int
) -> dict[str, float]:
    """The loss of these batches under running, batch and re-estimated statistics."""
    model, rules = examined.model, examined.rules
    return {
        "loss_running": mean_loss(model, rules, batches, training=False),
        "loss_batch": mean_loss(model, rules, batches, training=True),
        "loss_reestimated_held_out": held_out_loss(examined, folds, passes),
    }


def held_out_loss(examined: Examined, folds: Folds, passes: int) -> float:
    """The mean over all second parts of the folds, with statistics taken anew from the first.

    It is not a number where a part is empty.
    """
    model, rules, total, count = examined.model, examined.rules, 0.0, 0
    for estimating, measuring in folds:
        if not estimating or not measuring:
            return math.nan
        n = sum(map(tokens, measuring))
        with reestimated(model, rules, estimating, passes=passes):
            total += n * mean_loss(model, rules, measuring, training=False)
        count += n
    return total / count
