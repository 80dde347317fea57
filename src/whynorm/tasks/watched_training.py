"""Our whole training with a clock that stops while somebody looks, for how soon it is good."""

import time
from collections.abc import Callable, Sequence

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig

from whynorm.benchmarks.given import Moment
from whynorm.tasks import build, terminal
from whynorm.tasks.folder import ROOT
from whynorm.training.divergence import Divergence
from whynorm.training.module import TranslationModule
from whynorm.training.progress import TrainingProgress

Look = Callable[[Moment], bool]


class WatchedTraining:
    """`task=train`, without validations, logs and checkpoints of its own."""

    def __init__(self, config: DictConfig) -> None:
        self.config = config
        self.parts = build.build(config)
        if config.compile is not None:
            self.parts.model.compile_stacks(config.compile)
        self.corpus = self.parts.data.corpus
        self.translator = build.make_translator(
            config,
            self.parts.model,
            self.parts.rules,
            self.parts.data.vocabularies,
            build.greedy(config),
        )

    def train(self, *, every: int, threads: int, look: Look) -> None:
        """Train, and look after `every` updates and after the last one, until a look is True."""
        torch.set_num_threads(threads)
        callbacks = [Divergence(), TrainingProgress(terminal.console), Pauses(every, look)]
        trainer = build.make_trainer(self.config, folder=ROOT, loggers=[], callbacks=callbacks)
        # The looks measure; Lightning's own validations would run on the clock.
        trainer.limit_val_batches = 0
        trainer.fit(self.parts.module, datamodule=self.parts.data)

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Greedy translations with the weights as they are."""
        return self.translator.translate(texts)


class Pauses(pl.Callback):
    """Looks after `every` updates and after the last, its clock stopped meanwhile.

    The clock runs from the start of the first batch, so that reading batches counts.
    """

    def __init__(self, every: int, look: Look) -> None:
        if every < 1:
            raise ValueError(f"bench.every={every} never looks; choose 1 update or more")
        self.every, self.look = every, look
        self.begun: float | None = None
        self.seconds, self.looked = 0.0, 0

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Begin, at the first batch."""
        self.begun = self.begun or time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Look, if it is time; training ends where the look says so."""
        update = trainer.global_step
        due = update % self.every == 0 or update == trainer.estimated_stepping_batches
        if not due or update == self.looked:
            return
        assert self.begun is not None
        assert isinstance(pl_module, TranslationModule)
        self.looked = update
        self.seconds += time.perf_counter() - self.begun
        if self.look(self.moment(trainer, int(pl_module.target_tokens))):
            trainer.should_stop = True
        self.begun = time.perf_counter()

    def moment(self, trainer: pl.Trainer, tokens: int) -> Moment:
        """How far training has come."""
        batches = trainer.global_step * trainer.accumulate_grad_batches
        epochs = batches / trainer.num_training_batches
        return Moment(trainer.global_step, epochs, tokens, self.seconds)
