"""Moments of a run at which something can happen to it."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

# A place is a function of ours, named as <module>:<qualified name>.
PLACES = {
    "a batch": "whynorm.training.module:TranslationModule.training_step",
    "an optimizer's step": "whynorm.training.module:TranslationModule.on_before_optimizer_step",
    "the writing of a checkpoint": "whynorm.training.checkpoint_files:torch.save",
    "the renaming of a checkpoint": "whynorm.training.checkpoint_files:settle",
    "the manifest of a checkpoint": "whynorm.training.manifest:enter",
    "the removal of a checkpoint": "whynorm.training.manifest:forget",
    "the writing of metrics.csv": "whynorm.tasks.loggers:Metrics.save",
    "the renaming of metrics.csv": "whynorm.tasks.loggers:settle",
    "the renaming of batches.tsv": "whynorm.training.batch_record:settle",
    "a validation's batch": "whynorm.training.module:TranslationModule.validation_step",
    "a validation's translation": "whynorm.training.translation:corpus_scores",
    "an epoch's order": "whynorm.data.datamodule:TranslationData.order",
    "the test's batch": "whynorm.training.module:TranslationModule.test_step",
    "the test's translation": "whynorm.tasks.scoring:translate",
    "the writing of scores": "whynorm.tasks.scoring:write_rows",
    "the end": "whynorm.tasks.train:finish",
}


@dataclass(frozen=True)
class Signal:
    """At the `count`th time that a run comes to a place, it gets a signal (by default kill -9)."""

    place: str
    count: int = 1
    number: int = signal.SIGKILL
    again: bool = False  # a second one, as soon as the first was heard

    def __call__(self) -> None:
        """Lay the trap in this process."""
        trap(PLACES[self.place], self.count, self.spring)

    def spring(self) -> None:
        """Send the signal, and the second one a second later."""
        if self.again:
            from threading import Timer

            Timer(1.0, os.kill, (os.getpid(), self.number)).start()
        os.kill(os.getpid(), self.number)


@dataclass(frozen=True)
class HalfWritten:
    """At the `count`th checkpoint half of it is written, under its temporary name; then kill -9."""

    count: int = 1

    def __call__(self) -> None:
        """Lay the trap in this process."""
        import torch

        save, seen = torch.save, [0]

        def half(content: Any, path: Path) -> None:
            seen[0] += 1
            save(content, path)
            if seen[0] == self.count:
                os.truncate(path, path.stat().st_size // 2)
                os.kill(os.getpid(), signal.SIGKILL)

        torch.save = half


@dataclass(frozen=True)
class SmallDisk:
    """From the `count`th checkpoint on, no file can become larger than so many bytes."""

    count: int
    largest: int = 20_000

    def __call__(self) -> None:
        """Lay the trap in this process."""
        trap(PLACES["the writing of a checkpoint"], self.count, self.spring)

    def spring(self) -> None:
        """Let every larger file fail as on a full disk."""
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (self.largest, resource.RLIM_INFINITY))


@dataclass(frozen=True)
class Poison:
    """The gradient of an update becomes NaN."""

    update: int

    def __call__(self) -> None:
        """Lay the trap in this process."""
        from whynorm.training.module import TranslationModule

        learn = TranslationModule.training_step

        def poisoned(module: TranslationModule, *given: Any) -> Any:
            loss = learn(module, *given)
            return loss * float("nan") if module.global_step + 1 == self.update else loss

        setattr(TranslationModule, "training_step", poisoned)  # noqa: B010


def trap(place: str, count: int, spring: Callable[[], None]) -> None:
    """Let something happen when the function at that place is called for the `count`th time."""
    import importlib

    module, _, name = place.partition(":")
    *owners, last = name.split(".")
    owner: Any = importlib.import_module(module)
    for one in owners:
        owner = getattr(owner, one)
    function, seen = getattr(owner, last), [0]

    @wraps(function)
    def trapped(*given: Any, **named: Any) -> Any:
        seen[0] += 1
        if seen[0] == count:
            spring()
        return function(*given, **named)

    setattr(owner, last, trapped)
