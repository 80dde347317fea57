"""Everything of a run that needs no data, built once before a folder is made for it."""

import os
from pathlib import Path

import torch
from lightning_fabric.utilities.exceptions import MisconfigurationException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from torch import nn

from whynorm.data.datamodule import TranslationData
from whynorm.model.embedding import Tokens
from whynorm.results import attention
from whynorm.tasks import build, folder, signature
from whynorm.tasks.options import require_least
from whynorm.tasks.queue_launcher import needs_of
from whynorm.tasks.refusal import Refused, one_sentence
from whynorm.tasks.revival import revived
from whynorm.tasks.sweep import finished_runs
from whynorm.training.quiet import quiet

TOY_VOCABULARY = 8


def rehearse(config: DictConfig, *, here: bool = True) -> None:
    """Refuse what could not be built, in one sentence; `here` is false for another's hardware."""
    quiet()
    try:
        if config.get("runs") is not None:
            config = of_a_sweep(config)
        if config.get("run") is not None:
            folder.finished(config.run)
            config = revived(config)
        require_probe(config)
        require_types(config)
        require_parts(config)
        require_one_process(config, require_trainer(config) if here else asked_for(config))
        if "n_best" in config:
            require_translation(config)
    except Refused:
        raise
    except OmegaConfBaseException as error:
        raise Refused(f"{error.full_key}: {str(error.msg).splitlines()[0]}") from error
    except (ValueError, TypeError) as error:
        raise Refused(one_sentence(str(error))) from error


def of_a_sweep(config: DictConfig) -> DictConfig:
    """The configuration that examines the first run of the sweep."""
    if config.run is not None:
        raise Refused(f"run={config.run} and runs={config.runs}: examine one of them")
    first = finished_runs(Path(config.runs))[0][0]
    merged = OmegaConf.merge(config, {"run": str(first), "runs": None})
    assert isinstance(merged, DictConfig)
    return merged


def require_probe(config: DictConfig) -> None:
    """Refuse a probe that nobody asks."""
    if config.get("probe") is not None and "examined_batches" not in config:
        raise Refused("probe=… measures what it is shown by task=probe; add task=probe")
    if config.get("publish") is not None:
        require_writable("publish", Path(config.publish))


def require_writable(name: str, place: Path) -> None:
    """Refuse a folder that could not be made or written into."""
    nearest = next(path for path in (place, *place.absolute().parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise Refused(f"{name}={place}: nothing can be written there; name a folder that you own")


def require_types(config: DictConfig) -> None:
    """Refuse keys and values that the named constructors do not take."""
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)
    for name, node in content.items():
        signature.hold(str(name), node)
    batching = {k: v for k, v in config.data.items() if k not in ("corpus", "epochs")}
    signature.hold_arguments("data", TranslationData, batching)
    signature.hold_type("seed", config.seed, int)
    signature.hold_type("compile", config.compile, str | None)
    signature.hold_type("threads", config.threads, int | None)
    signature.hold_type("tags", OmegaConf.to_container(config.tags), list[str])
    require_least("seed", config.seed, 0)
    require_least("threads", config.threads, 1)
    build.made(config.training)
    if "examined_batches" in config:
        signature.hold_type("examined_batches", config.examined_batches, int)
        signature.hold_type("publish", config.publish, str | None)
        require_least("examined_batches", config.examined_batches, 1)


def require_parts(config: DictConfig) -> None:
    """Refuse values that the parts themselves do not take."""
    joint = bool(config.vocabulary.get("joint", False))
    with torch.device("meta"):
        model = build.make_model(config, Tokens(TOY_VOCABULARY, TOY_VOCABULARY, joint))
    if config.compile is not None:
        model.compile_stacks(config.compile)
    module = build.make_module(config, model, build.made(config.mask), ["test"])
    build.make_data(config, build.made(config.vocabulary))
    build.searches(config)
    build.made(config.batches)([(1, 1)], seed=config.seed, epoch=0, multiple=1)
    updates = config.training.updates or 10**6
    module.schedule(1, updates)
    module.make_optimizer([{"params": [nn.Parameter(torch.zeros(1))]}])
    build.made(config.logger)


def asked_for(config: DictConfig) -> int:
    """The number of processes that a queue is asked for."""
    needs = needs_of(config)
    return needs.nodes * needs.processes_per_node


def require_trainer(config: DictConfig) -> int:
    """The number of processes here; hardware that this machine does not have is refused."""
    try:
        trainer = build.make_trainer(config, folder=folder.ROOT, loggers=[], callbacks=[])
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise Refused(
            f"hardware={config.hardware.accelerator}: {one_sentence(str(error))}"
        ) from error
    return trainer.world_size


def require_one_process(config: DictConfig, processes: int) -> None:
    """Refuse to re-estimate statistics in several processes."""
    if config.training.reestimate and processes > 1:
        raise Refused(
            f"training.reestimate={config.training.reestimate} takes statistics in one process, "
            f"and here are {processes}; set training.reestimate=0, and re-estimate with "
            "task=probe probe=statistics afterwards"
        )


def require_translation(config: DictConfig) -> None:
    """Refuse what a translation cannot give."""
    signature.hold_type("n_best", config.n_best, int)
    build.beam(config, n_best=config.n_best)
    if config.attention is not None:
        attention.require_format(Path(config.attention))
