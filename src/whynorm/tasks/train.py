"""`task=train`: trains a model, tests its best weights, and leaves a run folder."""

from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pytorch_lightning as pl
import torch
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.loggers import Logger
from pytorch_lightning.utilities import rank_zero_only

from whynorm.tasks import build, job, loggers, terminal, tracking, weights
from whynorm.tasks.announcement import announce, announce_slowness, floors, leaking
from whynorm.tasks.folder import (
    CHECKPOINTS,
    CONFIG,
    LEAKS,
    VERSIONS,
    VOCABULARY,
    write_json,
    write_whole,
)
from whynorm.tasks.lock import held
from whynorm.tasks.options import Resume, Training
from whynorm.tasks.resumption import Beginning, beginning, introduced
from whynorm.tasks.scoring import report, scored
from whynorm.tasks.status import recorded
from whynorm.tasks.versions import determinism, versions
from whynorm.training import checkpoint
from whynorm.training.batch_record import BatchRecord
from whynorm.training.checkpoint_files import CheckpointFiles
from whynorm.training.divergence import Divergence
from whynorm.training.memory import Memory
from whynorm.training.moving_average import MovingAverage
from whynorm.training.observation import Observation
from whynorm.training.progress import TrainingProgress
from whynorm.training.recovery import Recovery
from whynorm.training.spikes import Spikes
from whynorm.training.stacked_run import MEETING
from whynorm.training.stops import Stops
from whynorm.training.translation import ValidationTranslation


def train(config: DictConfig) -> None:
    """Train, validate and test as the configuration says; what is found is in the run folder.

    A folder whose training was stopped is gone on with.
    """
    this, first = job.of(config), rank_zero_only.rank == 0
    with terminal.around(this.folder), held(this.folder) if first else nullcontext():
        start = beginning(this, build.made(config.resume), first=first)
        with recorded(this.folder, before=start.before):
            begin(config, this, start)
        weights.forget_states(this.folder / CHECKPOINTS)


def begin(config: DictConfig, this: job.Job, start: Beginning) -> None:
    """Build the parts, introduce and train them."""
    if not start.before:
        save_config(this)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
    parts = build.build(config)
    if config.compile is not None:
        parts.model.compile_stacks(config.compile)
    if (meeting := MEETING.get()) is not None:
        meeting.join(parts.module)
    introduce(this, parts, start)
    logged = begin_loggers(config, this, start)
    try:
        learn_and_test(config, this, parts, logged, start)
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
    content = OmegaConf.create({**this.config, "choices": this.choices})
    write_whole(this.folder / CONFIG, OmegaConf.to_yaml(content))


@rank_zero_only
def introduce(this: job.Job, parts: build.Parts, start: Beginning) -> None:
    """Write and show what is about to be trained on what."""
    seed, sha256 = this.config["seed"], parts.data.corpus.sha256
    facts = versions(seed=seed, data_sha256=sha256, overrides=this.overrides)
    facts["determinism"] = determinism(this.config["hardware"])
    write_json(this.folder / VERSIONS, introduced(this.folder, facts, start))
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


def begin_loggers(config: DictConfig, this: job.Job, start: Beginning) -> list[Logger]:
    """The loggers of this run; the first process alone begins a W&B run."""
    if rank_zero_only.rank:
        return []
    chosen = build.made(config.logger)(this)
    metrics = loggers.csv(this.folder, updates=start.updates)
    return [metrics, *([chosen] if chosen else [])]


def learn_and_test(
    config: DictConfig, this: job.Job, parts: build.Parts, logged: list[Logger], start: Beginning
) -> None:
    """Fit the model, take the weights that are to be tested, test them and report."""
    training: Training = build.made(config.training)
    place = this.folder / CHECKPOINTS
    stops, files = Stops(), CheckpointFiles(terminal.complain)
    recovery = recovering(config, place, stops)
    keep = weights.keepers(training, place)
    callbacks = [recovery, *guards(this, training), *keep, *watchers(config, parts)]
    found = leaking(parts.model, parts.rules)
    for logger in logged[1:]:  # a run folder has a file of its own for this
        logger.log_hyperparams({"leaking": found["leaking"]})
    trainer = build.make_trainer(
        config,
        folder=this.folder,
        loggers=logged,
        callbacks=callbacks,
        files=files,
        epoch=len(parts.data.order(0)),
    )
    with stops.awaited():
        learn(trainer, parts, start, recovery)
        validated = weights.validation(training, keep, recovery.validated)
        best = weights.tested(training, keep, weights.kept_last(trainer, place))
        if not best.is_file():
            weights.refuse_unwritten(place, files)
        chosen = weights.reestimated_anew(parts, best, training.reestimate)
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
    weights.refuse_unwritten(place, files)


def learn(trainer: pl.Trainer, parts: build.Parts, start: Beginning, recovery: Recovery) -> None:
    """Fit the model; validate it afterwards where no validation came to pass."""
    trainer.fit(parts.module, datamodule=parts.data, ckpt_path=start.state, weights_only=True)
    if recovery.validated is None:  # an epoch had fewer batches than the first
        trainer.validate(parts.module, datamodule=parts.data, verbose=False)


def recovering(config: DictConfig, place: Path, stops: Stops) -> Recovery:
    """Keeps states of the training, as often as the configuration says."""
    resume: Resume = build.made(config.resume)
    return Recovery(place, stops, seconds=resume.seconds, states=resume.states)


def guards(this: job.Job, training: Training) -> list[pl.Callback]:
    """What ends a training that has gone wrong, or says how it goes."""
    record = [BatchRecord(this.folder)] if training.record_batches else []
    return [
        Divergence(),
        Spikes(terminal.complain),
        Memory(),
        TrainingProgress(terminal.console),
        *record,
    ]


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
