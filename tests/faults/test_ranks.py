"""Two processes that train one run: whichever of them dies, the run goes on bit for bit."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import run
from tests.faults.trial import SECONDS, results, run_folder, words

pytestmark = pytest.mark.long

COMMAND = [
    *(sys.executable, str(run.ROOT / "run.py")),
    *(word for word in words("plain") if not word.startswith("training.updates")),
    *("training.updates=40", "hardware=ddp_cpu"),
]


def begun(folder: Path) -> subprocess.Popen[bytes]:
    """The run, its processes a group of their own."""
    quiet = subprocess.DEVNULL
    return subprocess.Popen(COMMAND, cwd=folder, stdout=quiet, stderr=quiet, start_new_session=True)


def second_of(first: int) -> int:
    """The process of the second rank, which the first one began."""
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    commands = {int(one): Path(f"/proc/{one}/cmdline").read_bytes() for one in children}
    return next(one for one, command in commands.items() if b"run.py" in command)


def wait_for_batches(folder: Path, count: int) -> None:
    """Wait until the run has learnt from so many batches."""
    end = time.monotonic() + SECONDS
    while True:
        found = [path.read_text().count("\n") for path in folder.glob("runs/*/*/batches.tsv")]
        if found and max(found) > count:
            return
        assert time.monotonic() < end
        time.sleep(0.01)


def ended(process: subprocess.Popen[bytes]) -> int:
    """The exit code of the first process; the others are gone afterwards too."""
    code = process.wait(SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return code


def all_of(folder: Path) -> dict[str, bytes]:
    """What must not differ, of both ranks."""
    second = (run_folder(folder) / "batches-1.tsv").read_bytes()
    return {**results(folder), "batches-1.tsv": second}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert ended(begun(folder)) == 0
    return all_of(folder)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_run_of_two_goes_on_bit_for_bit_when_one_was_killed(
    tmp_path: Path, undisturbed: dict[str, bytes], rank: int
) -> None:
    process = begun(tmp_path)
    wait_for_batches(tmp_path, 8)
    os.kill(second_of(process.pid) if rank else process.pid, signal.SIGKILL)
    assert ended(process) != 0
    assert ended(begun(tmp_path)) == 0
    assert all_of(tmp_path) == undisturbed


@pytest.mark.parametrize("rank", [0, 1])
def test_a_run_of_two_is_stopped_by_a_signal_to_one(
    tmp_path: Path, undisturbed: dict[str, bytes], rank: int
) -> None:
    process = begun(tmp_path)
    wait_for_batches(tmp_path, 8)
    os.kill(second_of(process.pid) if rank else process.pid, signal.SIGTERM)
    assert ended(process) == 143
    assert ended(begun(tmp_path)) == 0
    assert all_of(tmp_path) == undisturbed
