"""Measures of the model while it trains, logged every so many updates; training stays as it was."""

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl

from whynorm.data.batch import Batch
from whynorm.probes.attention import masses
from whynorm.probes.discrepancy import Moments, StatisticsObserver
from whynorm.probes.stream import FlowObserver
from whynorm.probes.subject import Row
from whynorm.training.gradients import Update
from whynorm.training.module import TranslationModule

KINDS = ("statistics", "flow", "attention")


class Observation(pl.Callback):
    """Logs what the probes of these names find in the newest batch, every `every` updates.

    `statistics` watches each batch, for it keeps running statistics of its own; `flow` and
    `attention` look at the last batch of an update that is logged, the latter by one more pass
    through the model. Gradient norms are those of the update before it was clipped.
    """

    def __init__(self, kinds: Sequence[str], *, every: int = 100) -> None:
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(
                    f"training.observe={kind} is none of the probes {', '.join(KINDS)}"
                )
        self.kinds, self.every = list(kinds), every
        self.statistics, self.flow = StatisticsObserver(), FlowObserver()
        self.seen = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin to watch the norms."""
        assert isinstance(pl_module, TranslationModule)
        self.seen = trainer.global_step
        if "statistics" in self.kinds:
            known = self.statistics.running.items()
            here = {
                name: Moments(*(one.to(pl_module.device) for one in two)) for name, two in known
            }
            self.statistics.running = here
            self.statistics.attach(pl_module.model)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Watch the flow of a batch whose update may be logged."""
        assert isinstance(pl_module, TranslationModule)
        if "flow" in self.kinds and self.due(trainer.global_step + 1):
            self.flow.attach(pl_module.model)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Log what was seen, if this batch ended an update that is due."""
        assert isinstance(pl_module, TranslationModule)
        self.flow.detach()
        update = pl_module.last_update
        if update is None or update.number == self.seen or not self.due(update.number):
            return
        self.seen = update.number
        values = self.values(pl_module, update, batch)
        for logger in trainer.loggers:
            logger.log_metrics(values, step=update.number - 1)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the model without hooks."""
        self.statistics.detach()
        self.flow.detach()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """The same, where training breaks off."""
        self.on_train_end(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """The running statistics that batches are measured from."""
        return {name: list(moments) for name, moments in self.statistics.running.items()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take them up."""
        self.statistics.running = {name: Moments(*two) for name, two in state_dict.items()}

    def due(self, update: int) -> bool:
        """True for the updates that are logged; the first is, as the state of the start."""
        return update == 1 or update % self.every == 0

    def values(self, module: TranslationModule, update: Update, batch: Batch) -> dict[str, float]:
        """Every measure under the name that it is logged by."""
        found: dict[str, float] = {}
        if "statistics" in self.kinds:
            found |= named("statistics", self.statistics.values())
        if "flow" in self.kinds:
            found |= named("flow", {**self.flow.values(), **layer_gradients(update)})
        if "attention" in self.kinds:
            found |= named("attention", by_head(masses(module.model, module.rules, [batch])))
        return found


def named(kind: str, values: dict[str, float]) -> dict[str, float]:
    """The values under the name of their probe."""
    return {f"probe/{kind}/{name}": value for name, value in values.items()}


def layer_gradients(update: Update) -> dict[str, float]:
    """The norm of each layer's gradient, as the flow names it, before clipping."""
    squares: dict[str, float] = {}
    for name, norm in zip(update.names, update.gradient_norms.tolist(), strict=True):
        stack, part, *rest = name.split(".")
        if part == "layers":
            place = f"{stack}/{int(rest[0]) + 1}/gradient_norm"
            squares[place] = squares.get(place, 0.0) + norm**2
    return {place: square**0.5 for place, square in squares.items()}


def by_head(rows: Sequence[Row]) -> dict[str, float]:
    """The masses of each head under one name each; what does not apply is left out."""
    found: dict[str, float] = {}
    for row in rows:
        place = f"{row['site']}/{row['layer']}/{row['head']}"
        for name, value in row.items():
            if isinstance(value, float) and value == value:
                found[f"{place}/{name.replace(' ', '_')}"] = value
    return found
