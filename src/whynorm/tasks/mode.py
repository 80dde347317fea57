"""One run or a multirun, in one process or several: what a command may ask for in each."""

import os
from collections.abc import Sequence

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig

from whynorm.tasks.launch import reads
from whynorm.tasks.refusal import Refused

# By what the starters of several processes (Lightning, torchrun, srun) number and count them.
RANKS = ("LOCAL_RANK", "RANK", "SLURM_PROCID")
PROCESSES = ("WORLD_SIZE", "SLURM_STEP_NUM_TASKS")


def is_further_process() -> bool:
    """True in any but the first of the processes that train one run."""
    return any(os.environ.get(name, "0") != "0" for name in RANKS)


def refuse_mode(overrides: Sequence[str], configs: Sequence[DictConfig], multirun: bool) -> None:
    """Refuse what the way in which a command is run leaves without effect, or would do twice."""
    refuse_parting(overrides, multirun)
    refuse_reading(configs, multirun)
    if not multirun:
        refuse_sweeping(overrides)


def refuse_sweeping(overrides: Sequence[str]) -> None:
    """Refuse what only a multirun does, where one run was asked for."""
    for override in overrides:
        key, _, value = override.partition("=")
        if key == "hydra/launcher" or (key == "tune" and value.lower() == "true"):
            raise Refused(f"{override}: this is for sweeps, and one run was asked for: add -m")


def refuse_parting(overrides: Sequence[str], multirun: bool) -> None:
    """Refuse what each of several processes would do for itself, where torchrun or srun began them.

    A folder that is named by the time may have another name in each of them.
    """
    if max(int(os.environ.get(name, "1")) for name in PROCESSES) < 2:
        return
    if multirun:
        raise Refused(
            "-m: each of the processes that torchrun or srun began would run all arms; begin one "
            "with python, and let hydra/launcher=slurm begin the others"
        )
    if not any(override.startswith("hydra.run.dir=") for override in overrides):
        raise Refused(
            "hydra.run.dir is not set: the processes that torchrun or srun began must share a run "
            "folder; name one, such as hydra.run.dir=runs/large"
        )


def refuse_reading(configs: Sequence[DictConfig], multirun: bool) -> None:
    """Refuse a sweep of a task that only reads what runs have left."""
    if multirun and any(map(reads, configs)):
        raise Refused("-m sweeps runs, and this task only reads what they have left: leave -m out")


def refuse_sweep(swept: Sequence[Override]) -> None:
    """Refuse several values for one key where no multirun was asked for."""
    for override in swept:
        raise Refused(
            f"{override.input_line} names several values: add -m to run one arm for each, "
            "or write [a,b] for a list"
        )
