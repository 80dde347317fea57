"""The further processes of a run on several devices, which Lightning starts from the command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch.distributed
from hydra.core.hydra_config import HydraConfig
from omegaconf import read_write

RENDEZVOUS = ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@contextmanager
def own_processes() -> Iterator[None]:
    """Let this job alone be repeated by its further processes, not the multirun that it is in.

    Lightning repeats the command that it finds in sys.argv, in the folder that Hydra names for
    single runs. Afterwards nothing of it is left for the next job to mistake for its own.
    """
    command, further = sys.argv, "LOCAL_RANK" in os.environ
    hydra: Any = HydraConfig.get()
    sys.argv = [command[0], *hydra.overrides.task]
    with read_write(hydra):
        hydra.run.dir = hydra.runtime.output_dir
    try:
        yield
    finally:
        sys.argv = command
        if not further:
            leave()


def leave() -> None:
    """Part from the other processes and forget how they were met."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
    for name in RENDEZVOUS:
        os.environ.pop(name, None)
