"""Checkpoint averaging: one model from the last or the best checkpoints of a run."""

from collections.abc import Sequence
from pathlib import Path

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from whynorm.training import checkpoint

_CHOICES = {"last": ("step", "max"), "best": ("val/loss", "min")}


def average(paths: Sequence[Path]) -> dict[str, Tensor]:
    """The mean of the checkpoints' weights, taken in double precision (Vaswani 2017, §6.1).

    Floating-point buffers, BatchNorm's running statistics among them, are averaged like weights:
    they are then neither the averaged model's own statistics nor those of a mixture of models,
    and want estimating anew where they matter. Counters and other integers are the last path's.
    """
    if not paths:
        raise ValueError("0 checkpoints have no average; give at least one")
    newest = checkpoint.weights(paths[-1])
    sums = {name: value.double() for name, value in newest.items() if value.is_floating_point()}
    for path in paths[:-1]:
        state = checkpoint.weights(path)
        if shapes(state) != shapes(newest):
            raise ValueError(f"{path} and {paths[-1]} are checkpoints of different models")
        sums = {name: total + state[name].double() for name, total in sums.items()}
    means = {name: (sums[name] / len(paths)).to(newest[name].dtype) for name in sums}
    return newest | means


def shapes(state: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    """Each name's shape."""
    return {name: tuple(value.shape) for name, value in state.items()}


class AveragedCheckpoint(ModelCheckpoint):
    """Keeps `keep` checkpoints, the last or the best by validation loss, and averages them.

    The average is written as `averaged.ckpt` beside them when training ends; `averaged` is its
    path, None until then. The model in memory stays as it is: load it with `checkpoint.load`.
    """

    def __init__(self, folder: Path, *, keep: int, choose: str) -> None:
        if choose not in _CHOICES:
            known = ", ".join(_CHOICES)
            raise ValueError(f"choose={choose} names no checkpoints; choose one of {known}")
        if keep < 1:
            raise ValueError(f"keep={keep} checkpoints have no average; choose 1 or more")
        monitor, mode = _CHOICES[choose]
        super().__init__(
            dirpath=folder,
            filename=choose + "-{step}",
            monitor=monitor,
            mode=mode,
            save_top_k=keep,
            save_weights_only=True,
            enable_version_counter=False,
        )
        self.averaged: Path | None = None

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Average what was kept; a run that ended before its first checkpoint has nothing."""
        assert self.dirpath is not None
        kept = sorted((Path(path) for path in self.best_k_models), key=_written)
        path = Path(self.dirpath) / "averaged.ckpt"
        if kept and trainer.is_global_zero:
            checkpoint.save(average(kept), path)
        trainer.strategy.barrier("averaged checkpoint")
        self.averaged = path if kept else None


def _written(path: Path) -> int:
    step = checkpoint.update(path)
    assert step is not None, f"{path} does not say when it was written"
    return step
