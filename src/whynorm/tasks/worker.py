"""One job of a multirun in a process of its own: what it says goes into its own log."""

import gc
import multiprocessing
import os
import sys
import threading
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, NamedTuple

from hydra._internal.hydra import Hydra
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.utils import run_job, setup_globals
from hydra.types import HydraContext
from omegaconf import DictConfig

LOG = "log.txt"
# What every job needs and takes seconds to import; processes that are forked have it already.
IMPORTED = ["whynorm.tasks.worker", "whynorm.tasks.launch", "whynorm.tasks.train"]


class Errand(NamedTuple):
    """What a process needs to know to do one job; `config` is that of the job alone."""

    folder: Path
    config: DictConfig
    context: HydraContext
    store: dict[str, Any]
    environment: dict[str, str]


def work(errand: Errand) -> None:
    """Do the job and end this process with its exit code."""
    prepare(errand)
    raise SystemExit(done(errand))


def prepare(errand: Errand) -> None:
    """Let this process end with the sweep, and have its environment and a log."""
    # How this process was begun is no choice for those that it begins itself, to load data.
    multiprocessing.set_start_method(None, force=True)
    gc.freeze()  # what has been imported stays, and there is much of it to look through
    threading.Thread(target=outlive_nobody, daemon=True).start()
    os.environ.clear()
    os.environ.update(errand.environment)
    write_into(errand.folder / LOG)


def outlive_nobody() -> None:
    """End this process when the sweep that began it is gone, so that nothing trains unseen."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)


def write_into(log: Path) -> None:
    """Let everything that this process says go to the end of that file."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as end:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        for place in (1, 2):
            os.dup2(end.fileno(), place)
    sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115


def done(errand: Errand) -> int:
    """The exit code of the job, which Hydra starts as it starts any."""
    from whynorm.tasks.launch import launch

    setup_globals()
    ConfigStore.instance().repo = errand.store
    GlobalHydra.instance().clear()
    loader = errand.context.config_loader
    GlobalHydra.instance().initialize(Hydra(task_name="run", config_loader=loader))
    ended = run_job(
        hydra_context=errand.context,
        task_function=launch,
        config=errand.config,
        job_dir_key="hydra.sweep.dir",
        job_subdir_key="hydra.sweep.subdir",
    )
    return int(ended.return_value)
