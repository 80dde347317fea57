"""What a folder of checkpoints holds: the size and SHA-256 of every file written there."""

import hashlib
import json
import os
from pathlib import Path

NAME = "manifest.json"


class Damaged(ValueError):
    """A checkpoint is not what was written; its message names the file and what is wrong."""


def enter(path: Path) -> None:
    """Add a file that has just been written, or written anew."""
    known = read(path.parent)
    known[path.name] = {"bytes": path.stat().st_size, "sha256": sha256(path)}
    write(path.parent, known)


def forget(path: Path) -> None:
    """Take out a file that is to be removed."""
    known = read(path.parent)
    if known.pop(path.name, None) is not None:
        write(path.parent, known)


def verify(path: Path) -> None:
    """Raise Damaged where the file is not the one that was entered; one never entered passes."""
    entered = read(path.parent).get(path.name)
    if entered is None:
        return
    if not path.is_file():
        raise Damaged(f"{path} is missing")
    if (size := path.stat().st_size) != entered["bytes"]:
        raise Damaged(f"{path} is damaged: it has {size} bytes of {entered['bytes']}")
    if sha256(path) != entered["sha256"]:
        raise Damaged(f"{path} is damaged: its SHA-256 is not the one it was written with")


def read(folder: Path) -> dict[str, dict[str, int | str]]:
    """Every file entered in that folder; none where nothing was written yet."""
    path = folder / NAME
    try:
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise Damaged(f"{path} is damaged: {error}") from error
    if not isinstance(known, dict) or not all(map(is_entry, known.values())):
        raise Damaged(f"{path} is damaged: it does not name files with their size and SHA-256")
    return known


def is_entry(content: object) -> bool:
    """True for what a file is entered with."""
    return isinstance(content, dict) and content.keys() >= {"bytes", "sha256"}


def write(folder: Path, known: dict[str, dict[str, int | str]]) -> None:
    """Replace the manifest, whole or not at all."""
    temporary = folder / f".{NAME}.unfinished"
    temporary.write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
    settle(temporary, folder / NAME)


def settle(temporary: Path, path: Path) -> None:
    """Put a written file under its name so that not even a power cut leaves half of it."""
    sync(temporary)
    os.replace(temporary, path)
    if os.name == "posix":  # elsewhere a folder cannot be opened
        sync(path.parent)


def sync(path: Path) -> None:
    """Wait until the file, or the folder's list of files, is on the disk."""
    opened = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def sha256(path: Path) -> str:
    """The hash of what the file holds."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
