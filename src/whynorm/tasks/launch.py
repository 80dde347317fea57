"""One job as Hydra starts it: its task is run, and what ends it becomes an exit code."""

import os
import traceback

from omegaconf import DictConfig

from whynorm.tasks import job
from whynorm.tasks.build import made
from whynorm.tasks.processes import own_processes
from whynorm.tasks.refusal import Refused
from whynorm.tasks.status import Interrupted
from whynorm.tasks.terminal import complain
from whynorm.training.divergence import Diverged
from whynorm.training.quiet import quiet

FAILED, REFUSED, DIVERGED, INTERRUPTED = 1, 2, 3, 130


def launch(config: DictConfig) -> int:
    """Run the task; 0 where all went well.

    A single run ends the process with its exit code. In a multirun an error is shown, is already
    recorded in the arm's folder, and the other arms go on; only an interrupt ends them all.
    """
    quiet()
    with own_processes():
        code = outcome(config)
    if code == INTERRUPTED or (code and not job.in_multirun()):
        raise SystemExit(code)
    return code


def outcome(config: DictConfig) -> int:
    """The exit code that the task earns, its error shown."""
    try:
        made(config.task)(config)
    except Refused as error:
        complain(str(error))
        show_traceback()
        return REFUSED
    except Diverged as error:
        complain(str(error))
        return DIVERGED
    except (Interrupted, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except Exception:
        traceback.print_exc()
        return FAILED
    return 0


def show_traceback() -> None:
    """Print the traceback of an error that needs none, where the user asks for it."""
    if os.environ.get("WHYNORM_TRACEBACK") or os.environ.get("HYDRA_FULL_ERROR"):
        traceback.print_exc()
