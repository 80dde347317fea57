"""States of a training from which it goes on as if it had never stopped."""

import os
import re
import time
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from whynorm.training import checkpoint_files, manifest
from whynorm.training.checkpoint_files import CheckpointFiles
from whynorm.training.manifest import Damaged
from whynorm.training.module import TranslationModule
from whynorm.training.stops import Stopped, Stops
from whynorm.training.tally import Tally

STATE = re.compile(r"resume-(\d+)\.ckpt")
SHARE = 50  # times as long as a state took to write, training goes on before the next
_GO_ON, _KEEP, _STOP = 0, 1, 2


class Recovery(pl.Callback):
    """Keeps the newest states of a training, and stops it between two updates where asked to.

    A state is kept when a batch is about to begin an update: `seconds` after the last one (later
    where writing takes long; 0: at every update), where a validation follows, and before a stop.
    All that is random or ordered here is a function of seed, epoch and update, so that training
    goes on bit for bit. `validated` is the newest validation loss. Ranks decide together.
    """

    def __init__(
        self, folder: Path, stops: Stops, *, seconds: float = 30.0, states: int = 2
    ) -> None:
        self.folder, self.stops = folder, stops
        self.seconds, self.states = seconds, states
        self.validated: float | None = None
        self._unlogged: Tensor | None = None
        self._due_at = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take up where the state was kept."""
        assert isinstance(pl_module, TranslationModule)
        if self._unlogged is not None:
            pl_module.unlogged = Tally.of_vector(self._unlogged.to(pl_module.device))
            stand_between_batches(trainer)
        self._due_at = time.monotonic() + self.seconds
        self.stops.await_again()
        self.stops.deferring = True

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: object, batch_idx: int
    ) -> None:
        """Keep a state and stop, where it is time and no update is half done."""
        assert isinstance(pl_module, TranslationModule)
        if not pl_module.between_updates:
            return
        decision = self.decision(trainer, batch_idx)
        if decision != _GO_ON and not highest(trainer, lacking(trainer)):
            self.keep(trainer)
        if decision == _STOP:
            self.stop()

    def decision(self, trainer: pl.Trainer, batch_idx: int) -> int:
        """What all ranks do, as any of them wants."""
        due = time.monotonic() >= self._due_at or validates_after(trainer, batch_idx)
        stop = self.stops.wanted is not None
        return highest(trainer, _STOP if stop else _KEEP if due else _GO_ON)

    def keep(self, trainer: pl.Trainer) -> None:
        """Write the state of this moment, after all that was logged, and remove old ones."""
        begun = time.monotonic()
        for logger in trainer.loggers:
            logger.save()
        trainer.save_checkpoint(self.folder / f"resume-{trainer.global_step}.ckpt")
        if trainer.is_global_zero:
            for path in states(self.folder)[self.states :]:
                trainer.strategy.remove_checkpoint(path)
        now = time.monotonic()
        self._due_at = now + (self.seconds and max(self.seconds, SHARE * (now - begun)))

    def stop(self) -> None:
        """End the training."""
        self.stops.deferring = False
        raise Stopped(self.stops.wanted or 15)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Let a signal end a validation at once: it is made again after the state before it."""
        alone = trainer.world_size == 1
        if alone and self.stops.wanted is not None:
            self.stop()
        self.stops.deferring = not alone

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Note what was found, and finish updates again before a stop."""
        found = trainer.callback_metrics.get("val/loss")
        self.validated = None if found is None else float(found)
        self.stops.deferring = trainer.state.fn == "fit"

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Nothing is left to be finished."""
        self.stops.deferring = False
        if self.stops.wanted is not None:
            self.stop()

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Hear signals, which Lightning hears for itself while it tests."""
        self.stops.await_again()

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Keep what was counted since it was last logged, too."""
        assert isinstance(pl_module, TranslationModule)
        checkpoint["unlogged"] = pl_module.unlogged.vector()

    def on_load_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Take it up, wherever the folder is now."""
        self._unlogged = checkpoint["unlogged"]
        kept = checkpoint["callbacks"]
        kept.update({name: moved(state, self.folder) for name, state in kept.items()})

    def state_dict(self) -> dict[str, Any]:
        """The newest validation loss, which the end of a training is told by."""
        return {"validated": self.validated}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it up."""
        self.validated = state_dict["validated"]


def moved(state: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What a ModelCheckpoint remembers, with its files in that folder; other states as they are.

    It forgets which weights were best where the folder has another name than when it was kept.
    """
    if "dirpath" not in state:
        return state
    here = Path(os.path.realpath(folder))
    put = lambda path: str(here / Path(path).name) if path else path  # noqa: E731
    names = ("best_model_path", "kth_best_model_path", "last_model_path")
    best = {put(path): score for path, score in state["best_k_models"].items()}
    paths = {name: put(state[name]) for name in names}
    return {**state, **paths, "dirpath": str(here), "best_k_models": best}


def stand_between_batches(trainer: pl.Trainer) -> None:
    """Set Lightning's counters back by the batch that had begun when the state was kept.

    It counts such a batch as begun, and as logged, although it has still to be learnt from.
    """
    loop = trainer.fit_loop.epoch_loop
    for progress in (loop.batch_progress.total, loop.batch_progress.current):
        progress.ready = progress.completed  # begun, but neither started nor processed
    loop.batch_progress.is_last_batch = False
    loop._batches_that_stepped = trainer.global_step - 1


def highest(trainer: pl.Trainer, own: int) -> int:
    """The largest number that any rank has; all ranks ask."""
    if trainer.world_size == 1:
        return own
    mine = torch.tensor(int(own), device=trainer.strategy.root_device)
    return int(trainer.strategy.reduce(mine, reduce_op="max"))


def lacking(trainer: pl.Trainer) -> bool:
    """True while weights that are remembered as the best could not be written.

    A state of that time would go on without them; from one before, they are made again.
    """
    files = trainer.strategy.checkpoint_io
    names = files.lacking if isinstance(files, CheckpointFiles) else set()
    return any(STATE.fullmatch(name) is None for name in names)


def validates_after(trainer: pl.Trainer, batch_idx: int) -> bool:
    """True if the update that begins with this batch is followed by a validation, or an epoch."""
    window = trainer.accumulate_grad_batches
    if trainer.check_val_every_n_epoch is not None:
        return batch_idx + window >= trainer.num_training_batches
    before, every = trainer.fit_loop.epoch_loop.total_batch_idx, trainer.val_check_batch
    assert every is not None
    return (before + window) // every > before // every


def states(folder: Path) -> list[Path]:
    """The states in that folder, or known to its manifest, the newest first."""
    names = {path.name for path in folder.glob("resume-*.ckpt")} | set(manifest.read(folder))
    found = [(int(match[1]), name) for name in names if (match := STATE.fullmatch(name))]
    return [folder / name for _, name in sorted(found, reverse=True)]


def newest_whole(folder: Path) -> tuple[Path | None, list[str]]:
    """The newest state that is what was written, and what is wrong with newer ones."""
    wrong: list[str] = []
    try:
        kept = states(folder)
    except Damaged as error:
        return None, [str(error)]
    for path in kept:
        try:
            checkpoint_files.read(path)
        except Damaged as error:
            wrong.append(str(error))
        else:
            return path, wrong
    return None, wrong


def update_of(path: Path) -> int:
    """The number of updates that had been made when the state was kept."""
    match = STATE.fullmatch(path.name)
    assert match is not None, f"{path} is no state"
    return int(match[1])
