"""Running statistics taken anew from the training set, as if it had been one last slow step."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import nn

from whynorm.data.batch import Batch
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.probes.snapshot import kept, switch
from whynorm.probes.subject import logits


@contextmanager
def reestimated(
    model: Transformer, rules: Rules, batches: Sequence[Batch], *, passes: int
) -> Iterator[None]:
    """Inside, the norms remember what the batches have at the present weights ("precise").

    The batches pass in training, without dropout (Wu & Johnson 2021, arXiv:2105.07576, §3), and
    every norm with a `momentum` averages: each batch counts the same. That is exact where norms
    train on the batch's own statistics (batch, regularized, power_v, minmax). It is not where
    the output in training depends on running ones too (power and batch_renorm after warm-up,
    unified): there each of the `passes` starts from what the one before has found.
    """
    with kept(model):
        switch(model, training=True)
        for _ in range(passes):
            for number, batch in enumerate(batches):
                weigh(model, 1 / (number + 1))
                with torch.no_grad():
                    logits(model, rules, batch)
        yield


def weigh(model: nn.Module, momentum: float) -> None:
    """Set the weight of the next batch in all running statistics that have one.

    With 1, 1/2, 1/3 … they are the average of the batches so far.
    """
    for norm in model.modules():
        if isinstance(norm, Norm) and "momentum" in vars(norm):
            vars(norm)["momentum"] = momentum
