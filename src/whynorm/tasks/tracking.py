"""Weights & Biases, which never keeps a run waiting and never fails one."""

import netrc
import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from pytorch_lightning.loggers import Logger, WandbLogger

from whynorm.tasks.job import Job
from whynorm.tasks.terminal import say

if TYPE_CHECKING:
    import wandb

PATIENCE_SECONDS = 2.0
SUMMARIES = {"val/loss": "min", "val/bleu": "max", "test/bleu": "max"}


def weights_and_biases(
    job: Job,
    *,
    project: str,
    entity: str | None = None,
    mode: Literal["auto", "online", "offline"] = "auto",
) -> Logger | None:
    """A logger to W&B: online with a key and a server that answers, else into the run folder.

    None where W&B cannot begin; the run goes on without it.
    """
    try:
        online, reason = (mode == "online", f"logger.mode={mode}") if mode != "auto" else chosen()
        run = begin(job, project, entity, online=online)
    # Whatever goes wrong in there is no reason to lose a training.
    except Exception as error:
        say(f"W&B: not used, it did not start ({type(error).__name__}: {error})")
        return None
    say(f"W&B: {run.url if online else 'offline'} ({reason})")
    return WandbLogger(experiment=run)


def begin(job: Job, project: str, entity: str | None, *, online: bool) -> "wandb.Run":
    """A W&B run for this job alone, its files inside the run folder."""
    import wandb

    run = wandb.init(
        project=project,
        entity=entity,
        dir=job.folder,
        id=job.identity,
        resume="allow",
        group=job.group,
        job_type=job.kind,
        name=job.name[:128],
        tags=[tag[:64] for tag in job.tags],
        config=job.flat(),
        mode="online" if online else "offline",
        settings=wandb.Settings(silent=True, console="off", init_timeout=15, finish_timeout=60),
    )
    run.define_metric("trainer/global_step")
    run.define_metric("*", step_metric="trainer/global_step", step_sync=True)
    for name, best in SUMMARIES.items():
        run.define_metric(name, summary=best)
    return run


def log_translations(logger: Logger, rows: Sequence[Sequence[str]]) -> None:
    """Show sources, references and translations as a table."""
    if isinstance(logger, WandbLogger):
        columns = ["source", "reference", "translation"]
        logger.log_table("translations", columns=columns, data=[list(row) for row in rows])


def finish(*, failed: bool) -> None:
    """End the W&B run of this process, if there is one, so that the next job begins its own."""
    wandb = sys.modules.get("wandb")
    if wandb is None or wandb.run is None:
        return
    try:
        wandb.finish(exit_code=int(failed))
    except Exception as error:
        say(f"W&B: the run could not be ended ({type(error).__name__}: {error})")


def chosen() -> tuple[bool, str]:
    """Whether to log online, and why: it takes a wish, a key and a server that answers."""
    if os.environ.get("WANDB_MODE", "online") != "online":
        return False, f"WANDB_MODE={os.environ['WANDB_MODE']}"
    server = base_url()
    host = urlsplit(server).hostname or server
    if not (os.environ.get("WANDB_API_KEY") or key_in_netrc(host)):
        return False, f"no key: set WANDB_API_KEY, or `wandb login` for {host}"
    if not answers(server, PATIENCE_SECONDS):
        return False, f"{host} does not answer; `wandb sync` sends the run later"
    return True, f"{host} answers"


def base_url() -> str:
    """The server: WANDB_BASE_URL, or what W&B's own settings say."""
    import wandb

    return os.environ.get("WANDB_BASE_URL") or str(wandb.setup().settings.base_url)


def key_in_netrc(host: str) -> bool:
    """True where the user's netrc file has a password for the host."""
    named = os.environ.get("NETRC")
    places = [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]
    for place in places:
        try:
            if netrc.netrc(str(place)).authenticators(host):
                return True
        except (OSError, netrc.NetrcParseError):
            continue
    return False


def answers(server: str, seconds: float) -> bool:
    """True if the server answers anything at all within so many seconds."""
    answered = threading.Event()

    def ask() -> None:
        try:
            urllib.request.urlopen(server, timeout=seconds).close()
        except urllib.error.HTTPError:
            answered.set()
        except (OSError, ValueError):
            return
        answered.set()

    # In a thread of its own, since looking up a name knows no time limit.
    threading.Thread(target=ask, daemon=True).start()
    return answered.wait(seconds)
