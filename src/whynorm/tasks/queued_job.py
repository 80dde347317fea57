"""One job of a multirun in a queue, which may take several turns to come to its end."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from whynorm.tasks.worker import LOG, Errand, done, write_into

# The exit code of a run that was stopped, has written where it is, and can go on.
STOPPED = 143


class Turn:
    """What a queue runs: begins the job, or goes on where its last turn stopped.

    Every turn, and every process of a job of several, is the same command in the same folder.
    Before its time is up submitit's queue sends SIGUSR2. A run that knows how to stop is then
    stopped as by SIGUSR1; once it has, submitit puts the job back into the queue. So it does at
    once where the run has not begun, or cannot stop. A job that Slurm stops by SIGTERM goes back
    into the queue by Slurm's own doing, or not at all.
    """

    def __init__(self, errand: Errand) -> None:
        self.errand = errand

    def __call__(self) -> int:
        """The exit code; a run that was stopped leaves none, for it is not over."""
        meet()
        write_into(self.errand.folder / LOG)
        notice = Notice()
        code = code_of(self.errand)
        if code != STOPPED:
            return code
        notice.requeue()
        raise SystemExit(STOPPED)

    def checkpoint(self) -> Any:
        """What submitit's queue runs in the next turn: the same."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


class Notice:
    """Submitit's signal that a job's time is nearly up, passed on to the run."""

    def __init__(self) -> None:
        self.given = False
        self.requeued: Callable[[int, FrameType | None], Any] | None = None
        put_back = signal.getsignal(signal.SIGUSR2)
        if callable(put_back):
            self.requeued = put_back
            signal.signal(signal.SIGUSR2, self.take)

    def take(self, number: int, frame: FrameType | None) -> None:
        """Stop the run, or put the job back into the queue at once."""
        self.given = True
        if callable(signal.getsignal(signal.SIGUSR1)):
            signal.raise_signal(signal.SIGUSR1)
        else:
            self.requeue()

    def requeue(self) -> None:
        """Put the job back into the queue and end this process, where its time was up."""
        if self.given and self.requeued is not None:
            self.requeued(signal.SIGUSR2, None)


def code_of(errand: Errand) -> int:
    """How the job ended."""
    try:
        return done(errand)
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code


def meet() -> None:
    """Tell the processes of one job, where it is not Slurm that started them, of each other.

    In the words of torchrun, which Lightning reads.
    """
    from submitit.helpers import TorchDistributedEnvironment

    if "SLURM_JOB_ID" not in os.environ and int(os.environ["SUBMITIT_LOCAL_NTASKS"]) > 1:
        os.environ["TORCHELASTIC_RUN_ID"] = os.environ["SUBMITIT_LOCAL_JOB_ID"]
        TorchDistributedEnvironment().export(set_cuda_visible_devices=False, overwrite=True)
