"""When the jobs of a sweep did what, read from their logs as they are written."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

LOG, STATUS = "log.txt", "status.json"
UPDATE = re.compile(r"^update (\d+) of (\d+)", re.MULTILINE)
BETWEEN_LOOKS = 0.02  # seconds


class Moments(NamedTuple):
    """Seconds since the sweep began: the process, its first update, its last, its end."""

    began: float
    first_update: float
    last_update: float
    ended: float

    def training(self, updates: int) -> float:
        """The seconds of all updates, from those between the first and the last."""
        return (self.last_update - self.first_update) * updates / (updates - 1)


Journal = dict[str, Moments]


def watched(folder: Path, begun: float, goes_on: Callable[[], bool]) -> Journal:
    """The moments of every job that came to its end, by the names of their folders."""
    seen: dict[str, dict[str, float]] = {}
    looking = True
    while looking:
        looking = goes_on()
        for log in folder.glob(f"*/{LOG}"):
            moments = seen.setdefault(log.parent.name, {})
            if "ended" not in moments:
                look(log.parent, moments, time.perf_counter() - begun)
        time.sleep(BETWEEN_LOOKS)
    whole = {job: moments for job, moments in seen.items() if len(moments) == len(Moments._fields)}
    return {job: Moments(**moments) for job, moments in whole.items()}


def look(folder: Path, moments: dict[str, float], now: float) -> None:
    """Note what has happened since the last look."""
    moments.setdefault("began", now)
    said = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    for number, total in UPDATE.findall(said):
        if number == "1":
            moments.setdefault("first_update", now)
        if number == total:
            moments.setdefault("last_update", now)
    if "last_update" in moments and state(folder) == "done":
        moments["ended"] = now


def state(folder: Path) -> str:
    """What the job's status says."""
    path = folder / STATUS
    return json.loads(path.read_text(encoding="utf-8"))["state"] if path.exists() else ""
