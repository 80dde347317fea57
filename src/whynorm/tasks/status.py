"""The state of a run, written into its folder as it changes."""

import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from pytorch_lightning.utilities import rank_zero_only

from whynorm.tasks.folder import (
    CONFIG,
    STATUS,
    is_run,
    read_json,
    remove_empty,
    write_json,
    write_whole,
)
from whynorm.tasks.job import in_multirun
from whynorm.tasks.lock import HOLDER, LOCK
from whynorm.tasks.refusal import Refused
from whynorm.training.divergence import Diverged
from whynorm.training.endings import Ending
from whynorm.training.stops import Stopped


class Interrupted(KeyboardInterrupt):
    """The user stopped the run."""


class Status:
    """`status.json` of a run folder: running, then done, diverged, failed or interrupted."""

    def __init__(self, folder: Path) -> None:
        self.path, self.begun = folder / STATUS, time.time()
        self.spent = float(read_json(self.path).get("seconds", 0.0))
        self.overrides = list(HydraConfig.get().overrides.task)

    @rank_zero_only
    def write(self, state: str, facts: Mapping[str, Any] | None = None) -> None:
        """Record the state, since when, for how long in all attempts, and what else is known."""
        begun = datetime.fromtimestamp(self.begun, UTC).isoformat(timespec="seconds")
        seconds = round(self.spent + time.time() - self.begun, 1)
        content = {"state": state, "begun": begun, "seconds": seconds, "overrides": self.overrides}
        write_json(self.path, {**content, **(facts or {})})


@contextmanager
def recorded(folder: Path, *, before: bool = False) -> Iterator[None]:
    """Record how the work in this folder goes and ends; every error goes on to the caller.

    A refusal leaves no folder behind, except in a multirun, whose arms are all accounted for, and
    where the folder held a run `before`.
    """
    if is_run(folder) and not before and rank_zero_only.rank == 0:
        raise Refused(f"{folder} holds a run already; choose another hydra.run.dir")
    status = Status(folder)
    earlier = status.path.read_text(encoding="utf-8") if before else ""
    status.write("running")
    try:
        yield
    except Refused as error:
        status.write("failed", {"reason": str(error)})
        if before:
            restore(status.path, earlier)
        elif not in_multirun():
            withdraw(folder)
        raise
    except Diverged as error:
        status.write("diverged", {"reason": str(error), "update": error.update})
        raise
    except Ending as error:
        status.write("failed", {"reason": str(error)})
        raise
    except Stopped as error:
        status.write("interrupted", {"reason": str(error)})
        raise
    except (KeyboardInterrupt, SystemExit) as error:
        # Lightning turns the interrupt of a user into an exit of its own.
        status.write("interrupted")
        raise Interrupted from error
    except BaseException as error:
        status.write("failed", {"reason": repr(error), "traceback": traceback.format_exc()})
        raise
    status.write("done")


@rank_zero_only
def restore(path: Path, text: str) -> None:
    """Leave a run that was refused as it was found."""
    write_whole(path, text)


@rank_zero_only
def withdraw(folder: Path) -> None:
    """Remove what a run that has not begun wrote, then the folders that are empty without it."""
    for name in (STATUS, CONFIG, LOCK, HOLDER):
        (folder / name).unlink(missing_ok=True)
    remove_empty(folder)
