"""One job as Hydra starts it: its task is run, and what ends it becomes an exit code."""

import os
import traceback
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from whynorm.tasks import job
from whynorm.tasks.folder import remove_empty
from whynorm.tasks.instance import made
from whynorm.tasks.refusal import Refused
from whynorm.tasks.terminal import complain
from whynorm.training.endings import Ending
from whynorm.training.stops import Stopped

FAILED, REFUSED, INTERRUPTED = 1, 2, 130


def launch(config: DictConfig) -> int:
    """Run the task; 0 where all went well.

    A single run ends the process with its exit code. In a multirun an error is shown, is already
    recorded in the arm's folder, and the other arms go on; only an interrupt ends them all.
    """
    code = outcome(config) if reads(config) else outcome_in_processes(config)
    if code == INTERRUPTED or (code and not job.in_multirun()):
        raise SystemExit(code)
    return code


def reads(config: DictConfig) -> bool:
    """True for a task that only reads what runs have left, for which torch is not imported."""
    return "sweep" in config


def outcome_in_processes(config: DictConfig) -> int:
    """The exit code of a task that computes, on as many devices as it asks for."""
    from whynorm.tasks.processes import own_processes
    from whynorm.training.allocator import keep_freed_memory
    from whynorm.training.quiet import quiet

    quiet()
    keep_freed_memory()
    with own_processes():
        return outcome(config)


def outcome(config: DictConfig) -> int:
    """The exit code that the task earns, its error shown."""
    try:
        made(config.task)(config)
    except Refused as error:
        complain(str(error))
        show_traceback()
        remove_empty(Path(HydraConfig.get().runtime.output_dir))
        return REFUSED
    except Stopped as stop:
        complain(str(stop))
        return stop.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:
        return outcome_of_failing(error)
    return 0


def outcome_of_failing(error: Exception) -> int:
    """The exit code of an error that no user made: divergence is a result, all else a failure."""
    if isinstance(error, Ending):
        complain(str(error))
        return error.exit_code
    traceback.print_exc()
    return FAILED


def show_traceback() -> None:
    """Print the traceback of an error that needs none, where the user asks for it."""
    if os.environ.get("WHYNORM_TRACEBACK") or os.environ.get("HYDRA_FULL_ERROR"):
        traceback.print_exc()
