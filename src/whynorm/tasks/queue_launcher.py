"""Jobs of a multirun handed to Slurm, or to a stand-in for it on this machine, by submitit."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.utils import JobReturn
from omegaconf import DictConfig, OmegaConf

from whynorm.tasks.folder import read_json, write_json
from whynorm.tasks.launcher import INTERRUPTED, Reporting, returned
from whynorm.tasks.queued_job import Turn
from whynorm.tasks.refusal import Refused

PLACE, JOBS = ".submitit", "jobs.json"
CLUSTERS = ("slurm", "local")
# Results are looked for every so many seconds, of many jobs at most so many a second, for a file
# system shared by a cluster feels it; Slurm is asked every so many looks.
LOOK_SECONDS, LOOKS_A_SECOND, ASK_EVERY = 2.0, 50, 10
LOST = 1
# What a job may say of the machines that it needs.
ASKING = ("hardware", "experiment", "hydra.launcher")


class Needs(NamedTuple):
    """The machines that a job needs."""

    nodes: int
    processes_per_node: int
    gpus_per_node: int


class Queue(Reporting):
    """Hands all jobs over at once, as one array for each kind of machine, and waits for their end.

    Nodes, processes and GPUs are those of `hardware`. `minutes` are of one turn: `notice_seconds`
    before they are over a job stops, and `turns` times it goes on in a further one. `sbatch` holds
    whatever else a Slurm wants to hear, such as {partition: gpu}. `jobs` is how many of an array
    run at a time; the stand-in, `cluster=local`, runs all.
    """

    def __init__(
        self,
        *,
        cluster: str,
        jobs: int = 256,
        minutes: int = 1440,
        turns: int = 100,
        notice_seconds: int = 120,
        cpus_per_process: int | None = None,
        memory_gb: int | None = None,
        sbatch: Mapping[str, Any] | None = None,
    ) -> None:
        if cluster not in CLUSTERS:
            raise Refused(f"hydra.launcher.cluster={cluster}: choose {' or '.join(CLUSTERS)}")
        super().__init__()
        self.cluster, self.minutes, self.turns = cluster, minutes, turns
        self.asked: dict[str, Any] = {"cpus_per_task": cpus_per_process, "mem_gb": memory_gb}
        if cluster == "slurm":
            self.asked["slurm_signal_delay_s"] = notice_seconds
            self.asked["slurm_array_parallelism"] = jobs
            self.asked["slurm_additional_parameters"] = dict(sbatch or {})

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """The exit code of each job, in their order; an interrupt takes them out of the queue."""
        turns = [
            Turn(self.errand(initial_job_idx + number, list(overrides), environment={}))
            for number, overrides in enumerate(job_overrides)
        ]
        place = Path(str(self.config.hydra.sweep.dir))
        jobs: dict[int, Any] = {}
        try:
            for group in alike(job_overrides):
                jobs |= self.submitted({number: turns[number] for number in group}, place)
            names = {turns[number].errand.folder.name: jobs[number].job_id for number in jobs}
            write_json(place / PLACE / JOBS, names)
            codes = self.awaited(jobs)
        except KeyboardInterrupt:
            for job in jobs.values():
                job.cancel(check=False)
            raise SystemExit(INTERRUPTED) from None
        return [returned(codes[number]) for number in range(len(turns))]

    def submitted(self, turns: Mapping[int, Turn], place: Path) -> dict[int, Any]:
        """The jobs, in the queue, as submitit knows them."""
        import submitit

        folder = place.absolute() / PLACE / "%j"
        limit = {} if self.cluster == "local" else {"slurm_max_num_timeout": self.turns}
        executor = submitit.AutoExecutor(folder, cluster=self.cluster, **limit)
        first = next(iter(turns.values())).errand
        needs = needs_of(first.config)
        executor.update_parameters(
            name="whynorm",
            timeout_min=self.minutes,
            nodes=needs.nodes,
            tasks_per_node=needs.processes_per_node,
            **({"gpus_per_node": needs.gpus_per_node} if needs.gpus_per_node else {}),
            **{key: value for key, value in self.asked.items() if value is not None},
        )
        with executor.batch():
            jobs = [executor.submit(turn) for turn in turns.values()]
        return dict(zip(turns, jobs, strict=True))

    def awaited(self, jobs: Mapping[int, Any]) -> dict[int, int]:
        """The exit code of each job, told as it ends; that of a job lost on the way is 1.

        Lost is one that is neither in the queue nor left a result, twice in a row.
        """
        codes: dict[int, int] = {}
        missed: set[int] = set()
        looks = 0
        while len(codes) < len(jobs):
            waiting = {number: job for number, job in jobs.items() if number not in codes}
            found = {
                number: code for number, job in waiting.items() if (code := left(job)) is not None
            }
            looks += 1
            if looks % ASK_EVERY == 0:
                gone = set(waiting) - set(found) - self.at_work(waiting)
                found |= dict.fromkeys(gone & missed, LOST)
                missed = gone
            codes |= found
            for number, code in found.items():
                self.ended(number, code)
            if len(codes) < len(jobs):
                time.sleep(pause(len(jobs) - len(codes)))
        return codes

    def at_work(self, jobs: Mapping[int, Any]) -> set[int]:
        """Those of the jobs that are in the queue, as far as can be known."""
        if self.cluster == "local":
            return {number for number, job in jobs.items() if job.state == "RUNNING"}
        queued = in_queue()
        return {number for number, job in jobs.items() if queued is None or job.job_id in queued}

    def refuse_at_work(self, place: Path) -> None:
        """Refuse a sweep whose jobs of an earlier call are in the queue still."""
        known = read_json(place / PLACE / JOBS).values() if self.cluster == "slurm" else ()
        waiting = sorted(set(known) & (in_queue() or set())) if known else []
        if waiting:
            raise Refused(
                f"{len(waiting)} jobs of {place} are in the queue still; wait for them, or take "
                f"them out of it: scancel {' '.join(waiting)}"
            )


def pause(jobs: int) -> float:
    """The seconds between two looks for the results of so many jobs."""
    return max(LOOK_SECONDS, jobs / LOOKS_A_SECOND)


def alike(jobs: Sequence[Sequence[str]]) -> list[list[int]]:
    """The jobs that ask for the same machines, by number."""
    found: dict[tuple[str, ...], list[int]] = {}
    for number, overrides in enumerate(jobs):
        asking = tuple(one for one in overrides if one.lstrip("+~").startswith(ASKING))
        found.setdefault(asking, []).append(number)
    return list(found.values())


def needs_of(config: DictConfig) -> Needs:
    """The machines that the hardware of a configuration stands for."""
    devices = OmegaConf.select(config, "hardware.devices")
    if not isinstance(devices, int) or devices < 1:
        raise Refused(
            f"hardware.devices={devices} does not say how many a queue is to be asked for; "
            "write a number"
        )
    gpus = 0 if config.hardware.accelerator == "cpu" else devices
    return Needs(int(config.hardware.get("num_nodes", 1)), devices, gpus)


def left(job: Any) -> int | None:
    """The exit code that a job has left; None where it has left none."""
    if not job.paths.result_pickle.exists():
        return None
    return LOST if job.exception() else int(job.results()[0])


def in_queue() -> set[str] | None:
    """The jobs that Slurm has of this user; None where it gives no answer."""
    command = ["squeue", "--me", "--array", "--noheader", "--format=%i"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return set(done.stdout.split()) if done.returncode == 0 else None
