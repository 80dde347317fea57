"""One process at a time in a run folder; who is in there can be read from outside."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from whynorm.tasks.folder import read_json, write_json
from whynorm.tasks.refusal import Refused

LOCK, HOLDER = ".lock", ".holder.json"
# The workers of a killed process hold its lock until they notice that it is gone.
ORPHANS_SECONDS = 15.0


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the folder; refused where another process holds it, which is named.

    The lock of a process that died is free: the system gives it back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=ORPHANS_SECONDS if left_by_the_dead(folder) else 0)
    except Timeout as error:
        raise Refused(
            f"{folder} is in use: {holder(folder)}; wait for it or stop it, or begin another run: "
            "resume.anew=true, or another hydra.run.dir where one was given"
        ) from error
    try:
        write_json(folder / HOLDER, myself())
        yield
    finally:
        (folder / HOLDER).unlink(missing_ok=True)
        lock.release()


def myself() -> dict[str, Any]:
    """This process, as another will read of it."""
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def named(folder: Path) -> dict[str, Any]:
    """The process that says to hold the folder; nothing where that cannot be read."""
    try:
        who = read_json(folder / HOLDER)
    except Refused:
        return {}
    whole = isinstance(who.get("pid"), int) and {"host", "since"} <= who.keys()
    return who if whole else {}


def holder(folder: Path) -> str:
    """Who holds the folder."""
    who = named(folder)
    if not who:
        return "another process has just begun there"
    return f"process {who['pid']} on {who['host']} works there since {who['since']}"


def left_by_the_dead(folder: Path) -> bool:
    """True if the process that holds the folder, on this machine, is not there any more."""
    who = named(folder)
    if not who or who["host"] != socket.gethostname():
        return False
    try:
        os.kill(who["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it is there, and somebody else's
        pass
    return False
