"""How much memory this process holds and has held."""

import resource
import sys
from pathlib import Path

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
KIBIBYTE = 1024
# What is written to clear_refs so that the peak is counted anew (proc(5)).
PEAK = "5"


def held() -> int:
    """The bytes of memory that this process holds; elsewhere than on Linux the most it has held."""
    return _of_status("VmRSS") or _most()


def peak() -> int:
    """The most bytes that this process has held since `forget`, or since it began.

    Not from getrusage on Linux: it counts what the parent held before the process began.
    """
    return _of_status("VmHWM") or _most()


def forget() -> None:
    """Count the peak anew, where the system lets a process do that."""
    if FORGET.exists():
        FORGET.write_text(PEAK, encoding="ascii")


def _of_status(name: str) -> int | None:
    if not STATUS.exists():
        return None
    lines = STATUS.read_text(encoding="ascii").splitlines()
    found = [line.split()[1] for line in lines if line.startswith(f"{name}:")]
    return int(found[0]) * KIBIBYTE if found else None


def _most() -> int:
    unit = 1 if sys.platform == "darwin" else KIBIBYTE
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
