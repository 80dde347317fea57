"""`task=bench`: measures speed and memory by turns, and keeps tables with their circumstances."""

import shlex
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hydra import compose
from omegaconf import DictConfig, OmegaConf

from whynorm.benchmarks import machine
from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender
from whynorm.benchmarks.given import Encoded, Given
from whynorm.benchmarks.record import Finding, record, section
from whynorm.data.datamodule import Pairs
from whynorm.tasks import build, job, terminal
from whynorm.tasks.composition import norm_of, options
from whynorm.tasks.refusal import Refused
from whynorm.tasks.status import recorded
from whynorm.tasks.timed_training import TimedTraining
from whynorm.tasks.versions import commit, installed
from whynorm.tasks.watched_training import WatchedTraining


def bench(config: DictConfig) -> None:
    """Measure, and write what is found to a folder of its own and to `publish` if that is set."""
    this = job.of(config)
    with terminal.around(this.folder), recorded(this.folder):
        if config.get("bench") is None:
            raise Refused(f"task=bench measures what bench=… says: {', '.join(options('bench'))}")
        # Asked before anything is published, which changes files of the commit.
        before = {"load_before": machine.load(), **commit()}
        for found in build.made(config.bench)(given(config, this)):
            facts = circumstances(found, this, before)
            record(found, facts, this.folder)
            if config.publish is not None:
                record(found, facts, Path(config.publish))
            terminal.say(f"{found.name}\n\n{section(found, facts)}\n")


def given(config: DictConfig, this: job.Job) -> Given:
    """What only the configuration knows."""
    return Given(
        name=str(this.choices["model"]),
        seed=config.seed,
        encoded=partial(encoded, config),
        sizes=partial(sizes, config),
        ours=partial(ours, this),
        watched=partial(WatchedTraining, config),
        norms=options("norm"),
        norm=lambda words: build.made(norm_of(words)),
        launcher=job.project() / "run.py",
    )


def encoded(config: DictConfig) -> Encoded:
    """The training pairs, read and encoded as for training."""
    data = build.prepared(build.make_data(config, build.made(config.vocabulary)))
    pairs = data.train_dataloader().dataset
    assert isinstance(pairs, Pairs)
    both = data.vocabularies
    return Encoded(pairs.examples, max(len(both.source), len(both.target)))


def sizes(config: DictConfig, vocabulary: int, longest: int) -> Sizes:
    """What the models of others must have alike with ours."""
    model, training = config.model, config.training
    return Sizes(
        d_model=model.d_model,
        heads=model.heads,
        d_ff=model.d_ff,
        encoder_layers=model.encoder_layers,
        decoder_layers=model.decoder_layers,
        dropout=model.dropout,
        vocabulary=vocabulary,
        longest=longest,
        label_smoothing=training.label_smoothing,
        clip=training.clip,
    )


def ours(this: job.Job, words: Sequence[str], path: Path) -> partial[Contender]:
    """Who trains our model on the material of a file, as this command line and the words say."""
    composed = compose("config", overrides=[*this.overrides, *words])
    content = OmegaConf.to_container(composed, resolve=True)
    assert isinstance(content, dict)
    return partial(TimedTraining, {str(key): value for key, value in content.items()}, path)


def circumstances(found: Finding, this: job.Job, before: Mapping[str, Any]) -> Mapping[str, Any]:
    """When, where, with what and by which command a result was measured."""
    return {
        **machine.now(),
        **before,
        "load_after": machine.load(),
        "command": shlex.join(["python", "run.py", *this.overrides]),
        "versions": {name: installed(name) for name in found.packages},
        **found.facts,
    }
