import os
from pathlib import Path
from typing import Any

import pytest
import torch

from whynorm.training import checkpoint_files, manifest
from whynorm.training.checkpoint_files import CheckpointFiles
from whynorm.training.manifest import Damaged

CONTENT = {"state_dict": {"weight": torch.arange(3.0)}, "global_step": 4}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A checkpoint that has been written."""
    CheckpointFiles(pytest.fail).save_checkpoint(CONTENT, tmp_path / "some.ckpt")
    return tmp_path / "some.ckpt"


def test_what_is_read_is_what_was_written(path: Path) -> None:
    read = checkpoint_files.read(path)
    assert torch.equal(read["state_dict"]["weight"], CONTENT["state_dict"]["weight"])


def test_the_manifest_knows_every_checkpoint(path: Path) -> None:
    assert manifest.read(path.parent)[path.name]["bytes"] == path.stat().st_size


def test_one_changed_bit_is_damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(Damaged, match=r"some\.ckpt is damaged: its SHA-256 is not"):
        checkpoint_files.read(path)


def test_a_missing_end_is_damage_told_in_bytes(path: Path) -> None:
    os.truncate(path, 100)
    with pytest.raises(Damaged, match="it has 100 bytes of"):
        checkpoint_files.read(path)


def test_a_checkpoint_that_nobody_entered_is_read_if_it_can_be(path: Path) -> None:
    (path.parent / manifest.NAME).unlink()
    assert checkpoint_files.read(path)["global_step"] == 4


def test_a_damaged_manifest_is_told(path: Path) -> None:
    (path.parent / manifest.NAME).write_text("{")
    with pytest.raises(Damaged, match=r"manifest\.json is damaged"):
        checkpoint_files.read(path)


def test_a_removed_checkpoint_is_forgotten(path: Path) -> None:
    CheckpointFiles(pytest.fail).remove_checkpoint(path)
    assert (path.exists(), manifest.read(path.parent)) == (False, {})


def test_a_checkpoint_that_is_gone_already_can_be_removed(tmp_path: Path) -> None:
    CheckpointFiles(pytest.fail).remove_checkpoint(tmp_path / "never.ckpt")


def test_a_failed_write_keeps_what_was_there_and_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(content: Any, place: Path) -> None:
        place.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    said: list[str] = []
    files = CheckpointFiles(said.append)
    files.save_checkpoint({}, path)
    assert (checkpoint_files.read(path)["global_step"], len(files.failures)) == (4, 1)
    assert "No space left" in said[0]


def test_a_failed_write_leaves_no_half_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(content: Any, place: Path) -> None:
        place.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    CheckpointFiles(lambda line: None).save_checkpoint({}, path)
    assert {one.name for one in path.parent.iterdir()} == {path.name, manifest.NAME}
