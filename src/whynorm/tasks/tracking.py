"""Weights & Biases, which never keeps a run waiting and never fails one."""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pytorch_lightning.loggers import Logger, WandbLogger

from whynorm.tasks.account import Account, account
from whynorm.tasks.columns import columns
from whynorm.tasks.job import Job
from whynorm.tasks.refusal import one_sentence
from whynorm.tasks.terminal import say

if TYPE_CHECKING:
    import wandb

PATIENCE_SECONDS = 3.0
BEGIN_SECONDS, FINISH_SECONDS = 4.0, 15.0
STEP = "trainer/global_step"
BEST: dict[str, Callable[[float, float], float]] = {"val/loss": min, "val/bleu": max}


class Tracker(WandbLogger):
    """Lightning's logger to W&B, which falls silent where W&B breaks; the run goes on.

    The summary holds the best of what is validated, under its own name.
    """

    def __init__(self, run: "wandb.Run") -> None:
        super().__init__(experiment=run)
        self.broken, self.run = False, run

    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Log numbers or tables, and keep the best numbers."""
        self.attempt(partial(super().log_metrics, dict(metrics), step))
        self.attempt(partial(self.keep_best, metrics))

    def log_hyperparams(self, params: Any) -> None:
        """Add columns to the run's configuration."""
        self.attempt(partial(super().log_hyperparams, params))

    def keep_best(self, metrics: Mapping[str, float]) -> None:
        """Replace in the summary what these numbers are better than."""
        for name in BEST.keys() & metrics.keys():
            value = float(metrics[name])
            if value == value:
                known = self.run.summary.get(name)
                better = BEST[name](known, value) if isinstance(known, int | float) else value
                self.run.summary[name] = better

    def attempt(self, work: Callable[[], None]) -> None:
        """Do it, unless W&B is broken, which is found out here."""
        if self.broken:
            return
        try:
            work()
        # Whatever goes wrong in there is no reason to lose a training.
        except Exception as error:
            self.broken = True
            say(f"W&B: left out from here on ({cause(error)})")


def weights_and_biases(
    job: Job,
    *,
    project: str,
    entity: str | None = None,
    mode: Literal["auto", "online", "offline"] = "auto",
) -> Logger | None:
    """A logger to W&B: online with a key that its server knows, else into the run folder.

    None where W&B cannot begin; the run goes on without it.
    """
    try:
        wish = chosen() if mode == "auto" else (mode == "online", f"logger.mode={mode}")
        run, reason = begun(job, project, entity, wish)
    except Exception as error:
        say(f"W&B: not used, it did not start ({cause(error)})")
        return None
    say(f"W&B: {'offline' if run.offline else run.url} ({reason})")
    return Tracker(run)


def begun(
    job: Job, project: str, entity: str | None, wish: tuple[bool, str]
) -> tuple["wandb.Run", str]:
    """A W&B run, and why it is where it is; offline where the server does not take it in time."""
    import wandb

    online, reason = wish
    # Telemetry would wait at the end of the process for a server that does not answer.
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
    if not online:
        return begin(job, project, entity, online=False), reason
    try:
        return begin(job, project, entity, online=True), reason
    except Exception as error:
        wandb.teardown()  # it holds on to the run that it could not begin
        reason = f"the server did not take the run: {cause(error)}"
        return begin(job, project, entity, online=False), reason


def cause(error: Exception) -> str:
    """An error of W&B in one line."""
    return f"{type(error).__name__}: {one_sentence(str(error))[:200]}"


def begin(job: Job, project: str, entity: str | None, *, online: bool) -> "wandb.Run":
    """A W&B run for this job alone, its files inside the run folder."""
    import wandb

    run = wandb.init(
        project=project,
        entity=entity,
        dir=job.folder,
        id=identity(job),
        resume="allow",
        group=job.group,
        job_type=job.kind,
        name=job.name[:128],
        tags=[tag[:64] for tag in job.tags],
        config=columns(job),
        mode="online" if online else "offline",
        settings=wandb.Settings(
            silent=True, console="off", init_timeout=BEGIN_SECONDS, finish_timeout=FINISH_SECONDS
        ),
    )
    run.define_metric(STEP)
    run.define_metric("*", step_metric=STEP, step_sync=True)
    for name in BEST:
        run.define_metric(name, step_metric=STEP, step_sync=True, summary="none")
    return run


def identity(job: Job) -> str:
    """The run's name for W&B: the same for the same configuration in the same group."""
    return hashlib.sha256(f"{job.group} {job.identity}".encode()).hexdigest()[:16]


def log_translations(logger: Logger, rows: Sequence[Sequence[str]]) -> None:
    """Show sources, references and translations as a table."""
    if not isinstance(logger, Tracker):
        return
    if not logger.run.offline and reached().entity is None:
        say("W&B: the table of translations is left out, for the server does not answer any more")
        return
    with kept_in(logger.run.dir):
        header, data = ["source", "reference", "translation"], [list(row) for row in rows]
        logger.attempt(partial(logger.log_table, "translations", columns=header, data=data))


@contextmanager
def kept_in(folder: str) -> Iterator[None]:
    """Let W&B keep a table that is still to be sent beside its run, not in the user's home."""
    before = os.environ.get("WANDB_DATA_DIR")
    os.environ["WANDB_DATA_DIR"] = before or str(Path(folder).parent)
    try:
        yield
    finally:
        if before is None:
            del os.environ["WANDB_DATA_DIR"]


def finish(*, failed: bool) -> None:
    """End the W&B run of this process, if there is one, so that the next job begins its own."""
    wandb = sys.modules.get("wandb")
    if wandb is None or wandb.run is None:
        return
    try:
        wandb.finish(exit_code=int(failed))
    except Exception as error:
        say(f"W&B: the run could not be ended ({cause(error)})")
        with suppress(Exception):
            wandb.teardown()


def chosen() -> tuple[bool, str]:
    """Whether to log online, and why: it takes a wish, a key and a server that knows it."""
    if os.environ.get("WANDB_MODE", "online") != "online":
        return False, f"WANDB_MODE={os.environ['WANDB_MODE']}"
    found = reached()
    return found.entity is not None, found.reason


def reached() -> Account:
    """The user's account, if the server answers soon."""
    return account(base_url(), PATIENCE_SECONDS)


def base_url() -> str:
    """The server: WANDB_BASE_URL, or what W&B's own settings say."""
    import wandb

    return os.environ.get("WANDB_BASE_URL") or str(wandb.setup().settings.base_url)
