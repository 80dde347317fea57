"""Checkpoint files as Lightning writes and reads them here: whole, or not at all."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import CheckpointIO

from whynorm.training import manifest
from whynorm.training.manifest import Damaged, settle


class CheckpointFiles(CheckpointIO):
    """Writes each checkpoint beside its final name, then renames it and enters it in the manifest.

    Whatever happens meanwhile, the file of that name is the old one or the new one. A checkpoint
    that cannot be written, because the disk is full for instance, is told to `warn` and kept in
    `failures`, and training goes on. `lacking` are the names whose newest content was not written.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.warn, self.failures, self.lacking = warn, list[str](), set[str]()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write the checkpoint, or say why it could not be written."""
        self.lacking.add(Path(path).name)
        try:
            write(checkpoint, Path(path))
            self.lacking.remove(Path(path).name)
        except (OSError, RuntimeError) as error:  # torch's writer raises RuntimeError
            said = " ".join(str(error).split())[:200]
            self.failures.append(f"{Path(path).name} could not be written: {said}")
            self.warn(f"WARNING: {self.failures[-1]}; what was there before is kept")

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = None
    ) -> dict[str, Any]:
        """What the file holds, on the CPU; no code of the file is run, whatever is asked for.

        Raises Damaged where it is not the file that was written.
        """
        return read(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Remove the file, if it is there."""
        remove(Path(path))


def write(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint under that name, whole or not at all, and enter it in the manifest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.unfinished")
    try:
        torch.save(checkpoint, temporary)
        manifest.forget(path)  # or a kill would leave the new file with the old one's entry
        settle(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    manifest.enter(path)


def remove(path: Path) -> None:
    """Take the file out of the manifest, then off the disk; one that is not there is gone."""
    manifest.forget(path)
    path.unlink(missing_ok=True)


def read(path: Path) -> dict[str, Any]:
    """All that a checkpoint holds, on the CPU.

    Raises Damaged where the file is not the one that was written, would make more than tensors
    and plain values, or is no checkpoint.
    """
    manifest.verify(path)
    if not path.is_file():
        raise Damaged(f"there is no checkpoint at {path}")
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # of a damaged file torch says so in many unrelated kinds
        raise Damaged(strange(path)) from error
    if not isinstance(found, dict):
        raise Damaged(f"{path} holds no state_dict; give a checkpoint that training wrote")
    return found


def strange(path: Path) -> str:
    """What is said of a file that training did not write."""
    return (
        f"{path} is damaged, or holds more than weights and plain values, and nothing of it was "
        "run; restore the file, or train again"
    )
