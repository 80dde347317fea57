"""A checkpoint is whole or is not used; what cannot be written is told, and nothing is lost."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.places import HalfWritten, Signal, SmallDisk, trap
from tests.faults.trial import copied, results, run_folder, train, words

Whole = Callable[[str], dict[str, bytes]]


def states(folder: Path) -> list[Path]:
    """The states of the run in there, the newest first."""
    found = run_folder(folder).glob("checkpoints/resume-*.ckpt")
    return sorted(found, key=lambda path: int(path.stem.partition("-")[2]), reverse=True)


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def missing(path: Path) -> None:
    path.unlink()


def hostile(path: Path) -> None:
    import pickle

    path.write_bytes(pickle.dumps(Hostile()))


class Hostile:
    """What a pickle would make a folder with."""

    def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
        return os.mkdir, ("broken-into",)


LATER = (emptied, truncated, missing, hostile)  # left to the long suite
DAMAGES = [flipped, *(pytest.param(damage, marks=pytest.mark.long) for damage in LATER)]


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_state_is_named_and_an_older_one_gone_on_from(
    tmp_path: Path, stopped: Path, whole: Whole, damage: Callable[[Path], None]
) -> None:
    newest, older = states(copied(stopped, tmp_path))
    damage(newest)
    done = train(tmp_path, words("plain"))
    named = f"{newest.name} is " in done.said and f"update {older.stem[7:]}" in done.said
    assert (done.code, named, results(tmp_path) == whole("plain")) == (0, True, True)
    assert not (tmp_path / "broken-into").exists()


@pytest.mark.long
def test_a_damaged_state_is_refused_where_that_is_wished(tmp_path: Path, stopped: Path) -> None:
    flipped(states(copied(stopped, tmp_path))[0])
    refused = train(tmp_path, [*words("plain"), "resume.strict=true"])
    assert (refused.code, "resume.strict=false goes on" in refused.said) == (2, True)


@pytest.mark.long
@pytest.mark.parametrize("damage", DAMAGES)
def test_a_run_without_a_whole_state_is_refused_and_left_as_it_is(
    tmp_path: Path, stopped: Path, damage: Callable[[Path], None]
) -> None:
    for path in states(copied(stopped, tmp_path)):
        damage(path)
    before = sorted(path.name for path in run_folder(tmp_path).rglob("*"))
    refused = train(tmp_path, words("plain"))
    assert (refused.code, "none of its states is whole" in refused.said) == (2, True)
    left = [path.name for path in run_folder(tmp_path).rglob("*")]
    assert sorted({*left} - {".holder.json"}) == sorted({*before} - {".holder.json"})


@pytest.mark.long
def test_a_run_can_begin_anew_beside_a_damaged_one(tmp_path: Path, stopped: Path) -> None:
    for path in states(copied(stopped, tmp_path)):
        flipped(path)
    assert train(tmp_path, [*words("plain"), "resume.anew=true"]).code == 0
    assert len(list(tmp_path.glob("runs/*/*/config.yaml"))) == 2


@pytest.mark.long
def test_two_states_are_kept_of_a_run_that_is_under_way(stopped: Path) -> None:
    assert len(states(stopped)) == 2


@pytest.mark.long
def test_a_finished_run_keeps_no_states_and_no_half_written_files(
    tmp_path: Path, stopped: Path
) -> None:
    train(copied(stopped, tmp_path), words("plain"))
    kept = {path.name for path in (run_folder(tmp_path) / "checkpoints").iterdir()}
    assert kept == {"best.ckpt", "last.ckpt", "manifest.json"}


@pytest.mark.long
@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="there is no file system in memory")
def test_where_temporary_files_are_kept_does_not_matter(tmp_path: Path, whole: Whole) -> None:
    memory = {"TMPDIR": "/dev/shm"}
    assert train(tmp_path, words("plain"), HalfWritten(4), memory).code == -9
    assert (train(tmp_path, words("plain"), environment=memory).code, results(tmp_path)) == (
        0,
        whole("plain"),
    )


@pytest.mark.long
def test_a_full_disk_leaves_older_checkpoints_and_is_told_by_the_exit_code(
    tmp_path: Path, whole: Whole
) -> None:
    full = train(tmp_path, words("plain"), SmallDisk(count=9))
    assert (full.code, "could not be written" in full.said) == (1, True)
    lines = (run_folder(tmp_path) / "batches.tsv").read_text()
    assert lines.encode() == whole("plain")["batches.tsv"]
    assert states(tmp_path) != []


@pytest.mark.long
def test_after_a_full_disk_the_same_command_ends_as_if_there_had_been_room(
    tmp_path: Path, whole: Whole
) -> None:
    train(tmp_path, words("plain"), SmallDisk(count=9))
    assert (train(tmp_path, words("plain")).code, results(tmp_path)) == (0, whole("plain"))


@dataclass(frozen=True)
class Blocked:
    """The folder of checkpoints becomes a file, into which nobody can write, not even root."""

    count: int

    def __call__(self) -> None:
        """Lay the trap in this process."""
        trap("whynorm.training.checkpoint_files:torch.save", self.count, self.spring)

    def spring(self) -> None:
        """Move the folder away."""
        place = run_folder(Path.cwd()) / "checkpoints"
        shutil.move(place, place.with_name("moved"))
        place.touch()


@pytest.mark.long
def test_a_folder_that_cannot_be_written_into_is_told_by_the_exit_code(tmp_path: Path) -> None:
    blocked = train(tmp_path, words("plain"), Blocked(8))
    assert (blocked.code, "could not be written" in blocked.said) == (1, True)


@dataclass(frozen=True)
class OneLost:
    """A single time, the best weights cannot be written."""

    count: int

    def __call__(self) -> None:
        """Lay the trap in this process."""
        from whynorm.training import checkpoint_files

        write, seen = checkpoint_files.write, [0]

        def once(checkpoint: dict[str, Any], path: Path) -> None:
            seen[0] += path.name == "best.ckpt"
            if path.name == "best.ckpt" and seen[0] == self.count:
                raise OSError(28, "No space left on device")
            write(checkpoint, path)

        checkpoint_files.write = once


@pytest.mark.long
def test_best_weights_that_could_not_be_written_are_made_again(
    tmp_path: Path, whole: Whole
) -> None:
    lost = train(tmp_path, words("plain"), OneLost(2))
    assert (lost.code, "best.ckpt could not be written" in lost.said) == (1, True)
    assert (train(tmp_path, words("plain")).code, results(tmp_path)) == (0, whole("plain"))


@pytest.mark.long
def test_a_run_that_was_killed_at_its_end_is_not_trained_again(
    tmp_path: Path, whole: Whole
) -> None:
    assert train(tmp_path, words("plain"), Signal("the end", 1)).code == -9
    done = train(tmp_path, words("plain"))
    assert (done.code, "goes on after update 12" in done.said) == (0, True)
    assert results(tmp_path) == whole("plain")


@pytest.mark.long
def test_a_checkpoint_that_was_spoilt_later_is_not_tested(tmp_path: Path, stopped: Path) -> None:
    train(copied(stopped, tmp_path), words("plain"))
    flipped(run_folder(tmp_path) / "checkpoints" / "best.ckpt")
    refused = train(tmp_path, ["task=evaluate", "run=last"])
    assert (refused.code, "its SHA-256 is not the one" in refused.said) == (2, True)


@pytest.mark.long
def test_a_killed_test_is_done_again(tmp_path: Path, whole: Whole) -> None:
    assert train(tmp_path, words("plain"), Signal("the writing of scores", 1)).code == -9
    assert (train(tmp_path, words("plain")).code, results(tmp_path)) == (0, whole("plain"))
