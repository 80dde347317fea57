"""A sweep as a table: which configuration lies in which folder, and how far it has come."""

import csv
import re
import shutil
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whynorm.tasks.folder import SCORES, STATUS, read_json, write_json
from whynorm.tasks.refusal import Refused
from whynorm.tasks.worker import LOG

TABLE, METRICS = "sweep.csv", "metrics.csv"
COLUMNS = ("hash", "folder", "state", "seconds", "reason")  # before what is swept
ENDED = ("done", "diverged")
MOST_ROWS = 40
SCORED = ["validation loss", "BLEU", "exact match, %"]


class Planned(NamedTuple):
    """One job of a sweep: its labels, its overrides, its folder's name, its config's hash."""

    swept: dict[str, str]
    overrides: list[str]
    folder: str
    identity: str


def folder_name(swept: dict[str, str], identity: str) -> str:
    """A name that a person recognises, with as much of the hash as tells configurations apart."""
    words = [re.sub(r"[^\w.]+", "_", f"{value}").strip("_") for value in swept.values()]
    return "-".join([*words, identity[:8]])[-120:]


def state_of(folder: Path) -> str:
    """What the run in that folder says of itself; waiting where it has not begun."""
    return str(read_json(folder / STATUS).get("state", "waiting"))


def write_table(jobs: Sequence[Planned], place: Path) -> None:
    """Write the table, whole or not at all; rows of an earlier table that it leaves open stay.

    A row is replaced by one with the same labels. A table that swept over other keys is replaced.
    """
    keys = list(jobs[0].swept)
    header = [*COLUMNS, *keys]
    rows = {tuple(row[key] for key in keys): row for row in read_table(place, keys)}
    for job in jobs:
        rows[tuple(job.swept.values())] = {"hash": job.identity, "folder": job.folder, **job.swept}
    temporary = place / f"{TABLE}.tmp"
    with temporary.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, **progress_of(place / row["folder"])} for row in rows.values())
    temporary.replace(place / TABLE)


def read_table(place: Path, keys: Sequence[str] | None = None) -> list[dict[str, str]]:
    """The rows of the table in that folder; none if there is none, or if it has other keys."""
    path = place / TABLE
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        reader = csv.DictReader(lines)
        other = keys is not None and list(reader.fieldnames or [])[len(COLUMNS) :] != list(keys)
        return [] if other else list(reader)


def finished_runs(place: Path) -> list[tuple[Path, dict[str, str]]]:
    """Folder and labels of the runs of the sweep that are done; refused where there are none."""
    done = [row for row in read_table(place) if state_of(place / row["folder"]) == "done"]
    if not done:
        raise Refused(f"runs={place}: no run of a sweep is done there")
    return [
        (place / row["folder"], {key: row[key] for key in row if key not in COLUMNS})
        for row in done
    ]


def progress_of(folder: Path) -> dict[str, Any]:
    """State, seconds and, of what went wrong, the reason."""
    status = read_json(folder / STATUS)
    reason = " ".join(str(status.get("reason", "")).split())[:200]
    seconds = status.get("seconds", "")
    return {"state": status.get("state", "waiting"), "seconds": seconds, "reason": reason}


def last_logged(folder: Path, metric: str) -> float | None:
    """The last value of a metric in that folder; None where its run did not come to an end."""
    if state_of(folder) != "done":
        return None
    with (folder / METRICS).open(encoding="utf-8", newline="") as lines:
        values = [row[metric] for row in csv.DictReader(lines) if row.get(metric)]
    return float(values[-1]) if values else None


class Progress:
    """Counts what has ended, and guesses when the rest will."""

    def __init__(self, states: Sequence[str]) -> None:
        self.total, self.before = len(states), sum(state in ENDED for state in states)
        self.ended: Counter[str] = Counter()
        self.begun = time.monotonic()

    def add(self, state: str) -> None:
        """One more job has ended so."""
        self.ended[state] += 1

    def line(self) -> str:
        """So many of so many done, what went wrong, and how long it will take."""
        done = self.before + self.ended["done"] + self.ended["diverged"]
        other = [f"{n} {state}" for state, n in sorted(self.ended.items()) if state != "done"]
        return ", ".join([f"{done}/{self.total} done", *other, *self.remaining()])

    def remaining(self) -> list[str]:
        """The time until the end, if jobs take as long as they took so far."""
        ended = sum(self.ended.values())
        left = self.total - self.before - ended
        if not ended or not left:
            return []
        return [f"ETA {duration((time.monotonic() - self.begun) / ended * left)}"]


def duration(seconds: float) -> str:
    """A time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def show(jobs: Sequence[Planned], place: Path) -> None:
    """A table of the arms; of a large sweep, only those that did not come to an end."""
    from whynorm.tasks.terminal import say, show_table

    states = [state_of(place / job.folder) for job in jobs]
    rows = [
        [*job.swept.values(), state, *scores(place / job.folder)]
        for job, state in zip(jobs, states, strict=True)
        if len(jobs) <= MOST_ROWS or state not in ENDED
    ]
    if rows:
        show_table("Arms", [*jobs[0].swept, "state", *SCORED], rows)
    say(", ".join(f"{count} {state}" for state, count in sorted(Counter(states).items())))
    for job, state in zip(jobs, states, strict=True):
        if state not in ENDED:
            say(f"  {state}: {place / job.folder} ({progress_of(place / job.folder)['reason']})")
    say(f"arms: {place / TABLE}")


def scores(arm: Path) -> list[Any]:
    """Scores of one arm; its first test set, its widest search."""
    found = read_json(arm / SCORES)
    tests = list(found.get("test", {}).values())
    searches = [kind for kind in (tests[0] if tests else {}).values() if isinstance(kind, dict)]
    best = searches[-1] if searches else {}
    loss = found.get("validation", {}).get("loss")
    return [loss, best.get("bleu"), 100 * best["exact_match"] if best else None]


def clear(folder: Path) -> None:
    """Remove what an unfinished attempt left, except its log."""
    for path in folder.glob("*") if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != LOG:
            path.unlink()


def record_death(folder: Path, code: int) -> None:
    """Say in the folder that a job ended without a word of its own."""
    state = state_of(folder)
    if code != 0 and state in ("waiting", "running"):
        folder.mkdir(parents=True, exist_ok=True)
        how = f"killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        reason = f"{how}; its last words are in {LOG}"
        write_json(
            folder / STATUS, {**read_json(folder / STATUS), "state": "failed", "reason": reason}
        )
