"""`task=train`: trains a model, tests its best weights, and leaves a run folder."""

from functools import partial
from pathlib import Path

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from whynorm.tasks import build, job, loggers, terminal, tracking
from whynorm.tasks.announcement import announce, announce_slowness, leaking
from whynorm.tasks.folder import CHECKPOINTS, CONFIG, LAST, LEAKS, VERSIONS, VOCABULARY, write_json
from whynorm.tasks.options import Training
from whynorm.tasks.scoring import report, scored
from whynorm.tasks.status import recorded
from whynorm.tasks.versions import versions
from whynorm.training import checkpoint
from whynorm.training.averaging import AveragedCheckpoint
from whynorm.training.divergence import Divergence
from whynorm.training.loss import loss_at_lowest_objective, lowest_objective
from whynorm.training.moving_average import MovingAverage
from whynorm.training.observation import Observation
from whynorm.training.progress import TrainingProgress
from whynorm.training.stacked_run import MEETING
from whynorm.training.translation import ValidationTranslation


def train(config: DictConfig) -> None:
    """Train, validate and test as the configuration says; what is found is in the run folder."""
    this = job.of(config)
    with terminal.around(this.folder), recorded(this.folder):
        save_config(this)
        if config.threads is not None:
            torch.set_num_threads(config.threads)
        parts = build.build(config)
        if config.compile is not None:
            parts.model.compile_stacks(config.compile)
        if (meeting := MEETING.get()) is not None:
            meeting.join(parts.module)
        introduce(this, parts)
        logged = begin_loggers(config, this)
        try:
            learn_and_test(config, this, parts, logged)
        except BaseException:
            finish(logged, failed=True)
            raise
        finish(logged, failed=False)


def finish(logged: list[Logger], *, failed: bool) -> None:
    """End the W&B run of this training, which need not be the only one of the process."""
    tracking.finish(failed=failed)
    for logger in logged:
        if isinstance(logger, tracking.Tracker):
            logger.attempt(partial(logger.run.finish, exit_code=int(failed)))


@rank_zero_only
def save_config(this: job.Job) -> None:
    """Write the resolved configuration and the choices that made it."""
    OmegaConf.save({**this.config, "choices": this.choices}, this.folder / CONFIG)


@rank_zero_only
def introduce(this: job.Job, parts: build.Parts) -> None:
    """Write and show what is about to be trained on what."""
    seed, sha256 = this.config["seed"], parts.data.corpus.sha256
    facts = versions(seed=seed, data_sha256=sha256, overrides=this.overrides)
    write_json(this.folder / VERSIONS, facts)
    parts.data.vocabularies.save(this.folder / VOCABULARY)
    weights = sum(parameter.numel() for parameter in parts.model.parameters())
    named = ("model", "norm", "norm@decoder_norm", "placement", "mask", "mask_fill")
    chosen = {name: this.choices[name] for name in named if this.choices.get(name)}
    terminal.show_facts("Model", {**chosen, "parameters": weights})
    terminal.show_facts("Data", {**parts.data.summary(), **floors(parts)})
    found = leaking(parts.model, parts.rules)
    write_json(this.folder / LEAKS, found)
    announce(found)
    announce_slowness(this.config["hardware"])


def floors(parts: build.Parts) -> dict[str, float]:
    """What a perfect model is measured by where labels are smoothed and translations certain."""
    if parts.data.corpus.lowest_loss != 0:
        return {}
    vocabulary, smoothing = len(parts.data.vocabularies.target), parts.module.label_smoothing
    return {
        "lowest train/objective": lowest_objective(
            label_smoothing=smoothing, vocabulary=vocabulary
        ),
        "train/loss at that": loss_at_lowest_objective(
            label_smoothing=smoothing, vocabulary=vocabulary
        ),
    }


def begin_loggers(config: DictConfig, this: job.Job) -> list[Logger]:
    """The loggers of this run; the first process alone begins a W&B run."""
    if rank_zero_only.rank:
        return []
    chosen = build.made(config.logger)(this)
    return [loggers.csv(this.folder), *([chosen] if chosen else [])]


def learn_and_test(
    config: DictConfig, this: job.Job, parts: build.Parts, logged: list[Logger]
) -> None:
    """Fit the model, take its best weights, test them and report."""
    training: Training = build.made(config.training)
    keep = keepers(training, this.folder / CHECKPOINTS)
    callbacks = [Divergence(), TrainingProgress(terminal.console), *keep]
    callbacks += watchers(config, parts)
    found = leaking(parts.model, parts.rules)
    for logger in logged[1:]:  # a run folder has a file of its own for this
        logger.log_hyperparams({"leaking": found["leaking"]})
    trainer = build.make_trainer(config, folder=this.folder, loggers=logged, callbacks=callbacks)
    trainer.fit(parts.module, datamodule=parts.data)
    validated = validation(keep, trainer, tested=training.tested)
    chosen = best(keep) if training.tested == "best" else kept_last(trainer, this.folder)
    checkpoint.load(parts.model, chosen)
    result = scored(config, parts, trainer)
    if trainer.is_global_zero:
        facts = {
            "checkpoint": chosen.name,
            "updates": trainer.global_step,
            "tested_update": checkpoint.update(chosen),
            "target_tokens": int(parts.module.target_tokens),
            "validation": validated,
            **found,
        }
        report(result, this.folder, logged, facts)


def keepers(training: Training, folder: Path) -> list[ModelCheckpoint]:
    """Keep the best and the last weights, and those that are to be averaged."""
    every: list[ModelCheckpoint] = [
        ModelCheckpoint(
            dirpath=folder,
            filename="best",
            monitor="val/loss",
            save_last=True,
            enable_version_counter=False,
        )
    ]
    if training.average is not None:
        count = training.average_checkpoints
        every.append(AveragedCheckpoint(folder, keep=count, choose=training.average))
    return every


def watchers(config: DictConfig, parts: build.Parts) -> list[pl.Callback]:
    """Translate while validating, and average the weights, where that is asked for."""
    training: Training = build.made(config.training)
    watching: list[pl.Callback] = []
    if training.observe:
        watching.append(Observation(training.observe, every=training.observe_every))
    if training.ema is not None:
        watching.append(MovingAverage(decay=training.ema))
    pairs = parts.data.corpus.validation[: training.translate_validation]
    if pairs:
        translator = build.make_translator(
            config, parts.model, parts.rules, parts.data.vocabularies, build.greedy(config)
        )
        lower = parts.data.vocabularies.lower_case
        watching.append(ValidationTranslation(translator.translate, pairs, lower_case=lower))
    return watching


def best(keep: list[ModelCheckpoint]) -> Path:
    """The weights to test: the average where there is one, else the best by validation loss."""
    for keeper in keep:
        if isinstance(keeper, AveragedCheckpoint) and keeper.averaged is not None:
            return keeper.averaged
    return Path(keep[0].best_model_path)


def kept_last(trainer: pl.Trainer, folder: Path) -> Path:
    """The weights at the end of training.

    Lightning's own last checkpoint is no later than the best, and none is made after the last
    validation.
    """
    path = folder / CHECKPOINTS / LAST
    trainer.save_checkpoint(path)
    return path


def validation(
    keep: list[ModelCheckpoint], trainer: pl.Trainer, *, tested: str
) -> dict[str, float]:
    """The lowest validation loss of the training; where the last weights are tested, the last."""
    if tested == "last" and "val/loss" in trainer.callback_metrics:
        return {"loss": float(trainer.callback_metrics["val/loss"])}
    score = keep[0].best_model_score
    assert score is not None, "training ended without a validation"
    return {"loss": float(score)}
