"""On what machine and how busy a one: facts without which a speed means nothing."""

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CPUS = Path("/proc/cpuinfo")


def cpu() -> str:
    """The model of the processor, as the system calls it."""
    if CPUS.exists():
        lines = CPUS.read_text(encoding="utf-8", errors="replace").splitlines()
        for name in ("model name", "Model"):
            found = [line.partition(":")[2].strip() for line in lines if line.startswith(name)]
            if found:
                return found[0]
    return platform.processor() or platform.machine()


def cores() -> int:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def load() -> float:
    """How many processes wanted to run in the last minute, on average."""
    return round(os.getloadavg()[0], 2)


def now() -> dict[str, Any]:
    """The machine, and the date in UTC."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": cpu(),
        "cores": cores(),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
