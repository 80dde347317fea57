"""A sweep on this machine: how much of its time is training, and how fast commands begin."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from whynorm.benchmarks import machine
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.journal import Journal, Moments, watched
from whynorm.benchmarks.record import Cell, Finding

GROUP = "sweep"
NOTE = (
    "The jobs train as those of an experiment do, and validate once, after the last update. The "
    "training of a job is from its first update to its last, validation and tests left out; its "
    "whole time is from its process to its end, its start-up from its process to the end of its "
    "first update. A command's time is the median of several, from its start to its end."
)


def sweeps(
    given: Given,
    *,
    seeds: int = 6,
    arms: str = "arm=paper,no_look_ahead",
    updates: int = 600,
    words: Sequence[str] = ("experiment=cheating",),
    starts: int = 5,
) -> list[Finding]:
    """The arms' jobs of an experiment, each with one thread; then commands that only read.

    `words` are further words of the sweep's command line, and of its report's.
    """
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        command = [
            *("-m", arms, f"seed=range(1,{seeds + 1})", "threads=1", "logger=none"),
            *(f"training.updates={updates}", "training.validations=1", f"group={GROUP}"),
            *("training.translate_validation=0", *words),
        ]
        seconds, journal = swept(given.launcher, command, place)
        times = {
            "--help": [timed(given.launcher, ["--help"], place) for _ in range(starts)],
            "task=compare": [
                timed(given.launcher, ["task=compare", *words, f"sweep=runs/{GROUP}"], place)
                for _ in range(starts)
            ],
        }
    return [finding(journal, seconds, times, " ".join(command), updates)]


def swept(launcher: Path, command: Sequence[str], place: Path) -> tuple[float, Journal]:
    """The seconds of a sweep, and when each of its jobs did what."""
    begun = time.perf_counter()
    with (place / "sweep.log").open("wb") as log:
        process = started(launcher, command, place, log.fileno())
        journal = watched(place / "runs" / GROUP, begun, lambda: process.poll() is None)
    if process.wait():
        said = (place / "sweep.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"the sweep ended with {process.returncode}: {said[-1000:]}")
    return time.perf_counter() - begun, journal


def timed(launcher: Path, command: Sequence[str], place: Path) -> float:
    """The seconds of a command that must succeed."""
    begun = time.perf_counter()
    with (place / "command.log").open("wb") as log:
        code = started(launcher, command, place, log.fileno()).wait()
    if code:
        said = (place / "command.log").read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"{' '.join(command)} ended with {code}: {said[-1000:]}")
    return time.perf_counter() - begun


def started(
    launcher: Path, command: Sequence[str], place: Path, log: int
) -> "subprocess.Popen[bytes]":
    """run.py with this command line, begun in that folder."""
    words = [sys.executable, str(launcher), *command]
    return subprocess.Popen(words, cwd=place, stdout=log, stderr=log, env=dict(os.environ))


def finding(
    journal: Journal,
    seconds: float,
    times: dict[str, list[float]],
    command: str,
    updates: int,
) -> Finding:
    """What the sweep and the commands came to."""
    rows: list[dict[str, Cell]] = [
        {"what": job, "seconds": None, **moments._asdict(), "training": moments.training(updates)}
        for job, moments in journal.items()
    ]
    empty = dict.fromkeys([*Moments._fields, "training"])
    rows.append({"what": "sweep", "seconds": seconds, **empty})
    for name, every in times.items():
        rows += [{"what": name, "seconds": one, **empty} for one in every]
    facts = {"threads": 1, "sweep": f"python run.py {command}", "jobs": len(journal)}
    table = lines(journal, seconds, times, updates)
    return Finding("sweeps/nano", rows, table, NOTE, facts, ("torch", "hydra-core"))


def lines(
    journal: Journal, seconds: float, times: dict[str, list[float]], updates: int
) -> list[dict[str, Cell]]:
    """The rows of the table."""
    jobs = sorted(journal.values())
    training = sum(one.training(updates) for one in jobs)
    ideal, whole = (
        seconds_of / machine.cores()
        for seconds_of in (training, sum(one.ended - one.began for one in jobs))
    )
    later = [one.first_update - one.began for one in jobs[1:]]
    after = [one.ended - one.last_update for one in jobs]
    said: dict[str, Cell] = {
        "jobs": len(jobs),
        "sweep, s": seconds,
        "training of all jobs, s": training,
        "training of all jobs ÷ cores, s": ideal,
        "sweep ÷ that training": seconds / ideal,
        "whole time of all jobs ÷ cores, s": whole,
        "sweep ÷ that whole time": seconds / whole,
        "start-up of a job after the first, median s": median(later) if later else None,
        "validation and tests of a job, median s": median(after),
        **{f"{name}, median s": median(every) for name, every in times.items()},
    }
    return [{"what": what, "measured": value} for what, value in said.items()]
