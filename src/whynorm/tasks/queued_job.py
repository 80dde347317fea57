"""One job of a multirun in a queue, which may take several turns to come to its end."""

import os
import signal
from collections.abc import Callable
from types import FrameType
from typing import Any

from whynorm.tasks.worker import LOG, Errand, done, write_into

# The exit code of a run that was stopped, has written where it is, and can go on.
STOPPED = 143
# Where the processes of a job may meet on this machine.
FIRST_PORT, PORTS = 20_000, 10_000


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
        if code == STOPPED:
            notice.requeue()
        if code == STOPPED or notice.requeued:
            raise SystemExit(STOPPED)
        return code

    def checkpoint(self) -> Any:
        """What submitit's queue runs in the next turn: the same."""
        from submitit.core.utils import DelayedSubmission

        return DelayedSubmission(self)


class Notice:
    """Submitit's signal that a job's time is nearly up, passed on to the run."""

    def __init__(self) -> None:
        self.given = self.requeued = False
        self.put_back: Callable[[int, FrameType | None], Any] | None = None
        handler = signal.getsignal(signal.SIGUSR2)
        if callable(handler):
            self.put_back = handler
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
        if not self.given or self.put_back is None:
            return
        try:
            self.put_back(signal.SIGUSR2, None)
        except SystemExit:
            self.requeued = True
            raise


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
    from submitit import JobEnvironment

    this = JobEnvironment()
    if "SLURM_JOB_ID" in os.environ or this.num_tasks == 1:
        return
    port = FIRST_PORT + int(this.job_id) % PORTS
    numbers = {"RANK": this.global_rank, "LOCAL_RANK": this.local_rank}
    numbers |= {"WORLD_SIZE": this.num_tasks, "MASTER_PORT": port}
    os.environ |= {name: str(number) for name, number in numbers.items()}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "TORCHELASTIC_RUN_ID": this.job_id}
