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
    `failures`, and training goes on.
    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self.warn, self.failures = warn, list[str]()

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Write the checkpoint, or say why it could not be written."""
        try:
            write(checkpoint, Path(path))
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
        manifest.forget(Path(path))
        Path(path).unlink(missing_ok=True)


def write(checkpoint: dict[str, Any], path: Path) -> None:
    """Write a checkpoint under that name, whole or not at all, and enter it in the manifest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.unfinished")
    try:
        torch.save(checkpoint, temporary)
        settle(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    manifest.enter(path)


def read(path: Path) -> dict[str, Any]:
    """What a checkpoint holds, on the CPU; no code of the file is run.

    Raises Damaged where the file is not the one that was written, or no checkpoint at all.
    """
    manifest.verify(path)
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise Damaged(f"there is no checkpoint at {path}") from error
    except Exception as error:  # torch raises errors of many kinds for what is no checkpoint
        raise Damaged(f"{path} is no checkpoint that training wrote") from error
    if not isinstance(found, dict):
        raise Damaged(f"{path} is no checkpoint that training wrote")
    return found
