"""Jobs of a multirun side by side on this machine, each in a process of its own."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path

from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from whynorm.tasks.refusal import Refused
from whynorm.tasks.worker import IMPORTED, Errand, work
from whynorm.training.stops import Stopped, Stops

INTERRUPTED = 130
Ended = Callable[[int, int], None]


def nothing(job: int, code: int) -> None:
    """Nobody needs to know that a job has ended."""


class Reporting(Launcher):
    """Tells as each job ends, by `ended`."""

    def __init__(self) -> None:
        self.ended: Ended = nothing

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Remember what every job is made of."""
        self.context, self.config = hydra_context, config

    def errand(self, number: int, overrides: list[str], environment: Mapping[str, str]) -> Errand:
        """What a process needs to know to do the job."""
        config = self.context.config_loader.load_sweep_config(self.config, overrides)
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        HydraConfig.instance().set_config(config)  # from here on it is read-only
        folder = Path(str(OmegaConf.select(config, "hydra.sweep.dir")))
        folder /= str(OmegaConf.select(config, "hydra.sweep.subdir"))
        return Errand(folder, config, self.context, ConfigStore.instance().repo, dict(environment))


class SideBySide(Reporting):
    """Starts `jobs` jobs at a time; null: as many as their threads leave cores for.

    What all jobs import is imported once, by a process that they are forked from. A job that
    crashes, or is killed, takes no other with it.
    """

    def __init__(self, *, jobs: int | None) -> None:
        if jobs is not None and jobs < 1:
            raise Refused(f"hydra.launcher.jobs={jobs} is too small; choose 1 or more")
        super().__init__()
        self.jobs = jobs

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """The exit code of each job, in their order."""
        waiting = deque(enumerate(job_overrides))
        running: dict[int, tuple[int, BaseProcess]] = {}
        codes: dict[int, int] = {}
        try:
            with Stops().awaited():
                while waiting or running:
                    while waiting and len(running) < self.at_a_time():
                        job, overrides = waiting.popleft()
                        process = self.start(initial_job_idx + job, list(overrides))
                        running[process.sentinel] = job, process
                    for sentinel in wait(list(running)):
                        assert isinstance(sentinel, int)
                        job, process = running.pop(sentinel)
                        codes[job] = exit_code(process)
                        if codes[job] == INTERRUPTED:
                            raise Stopped(signal.SIGINT)
                        self.ended(job, codes[job])
        except Stopped as stop:
            pass_on(stop.number, [process for _, process in running.values()])
            raise SystemExit(stop.exit_code) from None
        return [returned(codes[job]) for job in range(len(job_overrides))]

    def at_a_time(self) -> int:
        """How many jobs there is room for."""
        if self.jobs is not None:
            return self.jobs
        threads, hardware = self.config.get("threads"), self.config.get("hardware") or {}
        if threads is None or hardware.get("accelerator") != "cpu":
            return 1
        processes = hardware.get("devices", 1)
        return max(1, cores() // (threads * (processes if isinstance(processes, int) else 1)))

    def start(self, number: int, overrides: list[str]) -> BaseProcess:
        """A process that has begun the job."""
        return begun(work, self.errand(number, overrides, os.environ))


def begun(work: Callable[..., None], *given: Errand) -> BaseProcess:
    """A process that has begun this work; it has imported already what every job needs."""
    server = multiprocessing.get_context("forkserver" if os.name == "posix" else "spawn")
    server.set_forkserver_preload(IMPORTED)
    process = server.Process(target=work, args=given)
    process.start()
    return process


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def exit_code(process: BaseProcess) -> int:
    """How the process ended; a negative number is the signal that killed it."""
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def pass_on(number: int, processes: Sequence[BaseProcess]) -> None:
    """Pass on the signal that ends a sweep, and wait until each job has kept where it is."""
    for process in processes:
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, number)
    for process in processes:
        process.join()


def returned(code: int) -> JobReturn:
    """What Hydra wants to know of a job."""
    return JobReturn(_return_value=code, status=JobStatus.COMPLETED)
