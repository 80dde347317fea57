"""Tiny runs with dropout and uneven batches: one after the other, and at once."""

from collections.abc import Callable, Sequence
from functools import cache
from threading import Thread
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.training.tiny import (
    VOCABULARY,
    loader,
    tiny_batch,
    tiny_model,
    tiny_module,
    tiny_trainer,
)
from whynorm.data.batch import Batch
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.training.divergence import Divergence
from whynorm.training.module import TranslationModule
from whynorm.training.stacked_run import Meeting

SEEDS = (1, 2, 3)
UPDATES = 5
MakeRun = Callable[[int], TranslationModule]


def quick_first(*values: str) -> list[Any]:
    """The values, of which all but the first are for the long suite."""
    return [values[0], *(pytest.param(value, marks=pytest.mark.long) for value in values[1:])]


def run(
    seed: int, norm: Callable[[int], Norm] = LayerNorm, rate: float = 1e-3
) -> TranslationModule:
    model = tiny_model(norm, dropout=0.1)
    model.initialise(seed)
    return tiny_module(model, rate=rate, optimizer=torch.optim.Adam, seed=seed)


def batches(seed: int) -> list[Batch]:
    """Batches of unequal shapes, other ones for each seed."""
    draw = torch.Generator().manual_seed(seed)

    def number(low: int, high: int) -> int:
        return int(torch.randint(low, high, (1,), generator=draw))

    def words() -> list[int]:
        return torch.randint(4, VOCABULARY, (number(1, 8),), generator=draw).tolist()

    return [tiny_batch([words() for _ in range(number(2, 5))]) for _ in range(UPDATES)]


def fit(module: TranslationModule, seed: int, options: dict[str, Any]) -> None:
    own = {"gradient_clip_val": 1.0, "precision": "64-true", "callbacks": [Divergence()]}
    settings = own | options
    tiny_trainer(**settings).fit(module, loader(*batches(seed)))


def apart(make: MakeRun, **options: Any) -> list[TranslationModule]:
    """A run for each seed, one after the other."""
    modules = [make(seed) for seed in SEEDS]
    for module, seed in zip(modules, SEEDS, strict=True):
        fit(module, seed, options)
    return modules


@cache
def apart_layer() -> list[TranslationModule]:
    """The runs with LayerNorm, which several tests are about."""
    return apart(run)


def at_once(
    make: MakeRun, **options: Any
) -> tuple[list[TranslationModule], Meeting, dict[int, BaseException]]:
    """The same runs at once, where they met, and the errors of those that failed."""
    modules, meeting = [make(seed) for seed in SEEDS], Meeting(len(SEEDS))
    errors: dict[int, BaseException] = {}

    def attend(module: TranslationModule, seed: int) -> None:
        with meeting.attended():
            try:
                meeting.join(module)
                fit(module, seed, options)
            except BaseException as error:
                errors[seed] = error

    pairs = zip(modules, SEEDS, strict=True)
    threads = [Thread(target=attend, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return modules, meeting, errors


def numbers(modules: Sequence[TranslationModule]) -> list[dict[str, Tensor]]:
    """Weights and buffers of each run."""
    return [module.model.state_dict() for module in modules]


def measured(modules: Sequence[TranslationModule]) -> list[Tensor]:
    """What each run last reported: losses, tokens, padding, gradient norms."""
    updates = [module.last_update for module in modules]
    return [
        torch.cat([*(field[None] for field in update.tally), update.gradient_norms])
        for update in updates
        if update is not None
    ]
