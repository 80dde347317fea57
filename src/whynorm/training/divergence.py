"""Divergence: a loss or gradient that is no longer a finite number ends the run."""

from typing import Any

import pytorch_lightning as pl
import torch
from jaxtyping import Bool
from torch import Tensor

from whynorm.training.endings import Ending
from whynorm.training.gradients import Update, scales_loss
from whynorm.training.module import TranslationModule


class Diverged(Ending):
    """Training met NaN or infinity.

    `update` counts from 1; `loss` is in nats per token; `layer` is the first parameter, in the
    order of backpropagation, whose gradient is not finite, or None where all gradients are;
    `batch` counts the batches of the epoch from 1 and is that of the update's end.
    """

    exit_code = 3

    def __init__(
        self,
        update: int,
        loss: float,
        gradient_norm: float,
        layer: str | None,
        batch: int | None = None,
    ) -> None:
        # All arguments go to the parent so that the exception survives pickling between processes.
        super().__init__(update, loss, gradient_norm, layer, batch)
        self.update, self.loss, self.batch = update, loss, batch
        self.gradient_norm, self.layer = gradient_norm, layer

    def __str__(self) -> str:
        where = f", first in the gradient of {self.layer}" if self.layer else ""
        which = f" (batch {self.batch} of its epoch)" if self.batch else ""
        numbers = f"loss {self.loss:.4g}, gradient norm {self.gradient_norm:.4g}"
        return f"training diverged at update {self.update}{which}: {numbers}{where}"


class Divergence(pl.Callback):
    """Raises `Diverged` at the update whose loss or gradient norm is NaN or infinite.

    On the CPU each update is looked at as it ends. On an accelerator that would make it wait, so
    there the first bad update is remembered on the device and looked for every `interval` updates,
    before a validation or a checkpoint and at the end; the exception still names the update
    itself. Where float16's loss scaling skips updates with infinite gradients, only the loss
    counts.
    """

    def __init__(self, *, interval: int = 16) -> None:
        self.interval = interval
        self._first: Tensor | None = None
        self._names: list[str] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget an earlier training."""
        self._first = None

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: object,
        batch_idx: int,
    ) -> None:
        """Look at the update that has just ended, if this batch ended one."""
        assert isinstance(pl_module, TranslationModule)
        update = pl_module.last_update
        if update is None or update.number != trainer.global_step:
            return
        self._remember(update, batch_idx + 1, scaled=scales_loss(trainer))
        if update.gradient_norm.device.type == "cpu" or update.number % self.interval == 0:
            self._raise_if_bad()

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look before a validation is spent on a diverged model."""
        self._raise_if_bad()

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Look before anything is kept of a diverged model."""
        self._raise_if_bad()

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at the last updates."""
        self._raise_if_bad()

    def _remember(self, update: Update, batch: int, *, scaled: bool) -> None:
        """Keep number, batch, loss, norm and norms of the first bad update, unasked which it is."""
        loss = update.tally.objective / update.tally.tokens
        number = torch.full_like(loss, update.number)
        place = torch.full_like(loss, batch)
        found = torch.stack([number, place, loss, update.gradient_norm])
        found = torch.cat([found, update.gradient_norms])
        if self._first is None or len(self._first) != len(found):
            self._first = torch.zeros_like(found)
        new = (self._first[0] == 0) & ~finite(loss, update.gradient_norm, scaled)
        self._first = torch.where(new, found, self._first)
        self._names = update.names

    def _raise_if_bad(self) -> None:
        if self._first is None or self._first[0] == 0:
            return
        number, batch, loss, norm, *norms = self._first.tolist()
        bad = torch.tensor(norms).isfinite().logical_not().nonzero().flatten().tolist()
        layer = self._names[bad[-1]] if bad else None
        raise Diverged(int(number), loss, norm, layer, int(batch))


def finite(loss: Tensor, gradient_norm: Tensor, scaled: bool) -> Bool[Tensor, ""]:
    """True where training goes on."""
    return loss.isfinite() if scaled else loss.isfinite() & gradient_norm.isfinite()
