"""A sweep that was killed goes on where it was, and ends as if nothing had happened."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas
import pytest

import run
from tests.tasks.launching import TINY, launch
from whynorm.results.table import sweep, table

pytestmark = pytest.mark.long

PLAN = ("seed=1,2,3,4,5", "threads=1", "hydra.launcher.jobs=1")
TIMES = ["seconds"]
PATIENCE_SECONDS = 120.0


def started(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(run.ROOT / "run.py"), "-m", *TINY, *PLAN]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=folder, stdout=quiet, stderr=quiet)


def states(folder: Path) -> dict[str, str]:
    """The state in every folder of the sweep, under its name."""
    found = sorted(folder.glob("runs/grammar/*/status.json"))
    return {path.parent.name: json.loads(path.read_text())["state"] for path in found}


def wait_for(folder: Path, *wanted: str) -> None:
    """Wait until the states of the sweep's jobs are these, in any order."""
    end = time.monotonic() + PATIENCE_SECONDS
    while sorted(states(folder).values()) != sorted(wanted):
        assert time.monotonic() < end, states(folder)
        time.sleep(0.02)


def planned(folder: Path) -> list[dict[str, str]]:
    with (folder / "runs/grammar/sweep.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def results(folder: Path) -> pandas.DataFrame:
    """What a report is made from, without the times."""
    return table(sweep(folder / "runs/grammar"), {}).drop(columns=TIMES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep that nothing disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    assert started(folder).wait() == 0
    return folder


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep that was killed in its second job."""
    folder = tmp_path_factory.mktemp("killed")
    process = started(folder)
    wait_for(folder, "done", "running")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return folder


@pytest.fixture(scope="module")
def resumed(killed: Path) -> dict[str, float]:
    """When each status was written that stood before the sweep was called again and ended."""
    time.sleep(1.0)  # an orphan would write on meanwhile
    before = {
        path.parent.name: path.stat().st_mtime for path in killed.glob("runs/*/*/status.json")
    }
    assert started(killed).wait() == 0
    return before


def test_a_job_does_not_outlive_its_killed_sweep(killed: Path) -> None:
    time.sleep(1.0)
    assert sorted(states(killed).values()) == ["done", "running"]


def test_what_was_done_is_not_done_again(killed: Path, resumed: dict[str, float]) -> None:
    (first,) = [row["folder"] for row in planned(killed) if row["folder"] in resumed][:1]
    assert (killed / "runs/grammar" / first / "status.json").stat().st_mtime == resumed[first]


def test_a_resumed_sweep_has_the_results_of_one_that_nothing_disturbed(
    whole: Path, killed: Path, resumed: dict[str, float]
) -> None:
    pandas.testing.assert_frame_equal(results(killed), results(whole), check_exact=True)


def test_a_resumed_sweep_has_the_translations_of_one_that_nothing_disturbed(
    whole: Path, killed: Path, resumed: dict[str, float]
) -> None:
    def texts(folder: Path) -> list[str]:
        return [path.read_text() for path in sorted(folder.glob("runs/*/*/translations.tsv"))]

    assert len(texts(whole)) == 5
    assert texts(killed) == texts(whole)


def test_a_sweep_that_is_called_again_starts_no_job(whole: Path) -> None:
    said = launch(whole, "-m", *TINY, *PLAN).out
    assert said.startswith("5/5 done\nArms")


def test_a_changed_configuration_is_another_run(whole: Path) -> None:
    before = {row["hash"] for row in planned(whole)}
    assert launch(whole, "-m", *TINY, "seed=6,7", "threads=1").code == 0
    assert {row["hash"] for row in planned(whole)} > before


def test_doing_it_again_must_be_asked_for(whole: Path) -> None:
    (path,) = whole.glob("runs/grammar/1-*/status.json")
    before = path.stat().st_mtime
    arguments = (*TINY, "seed=1,2", "threads=1", "hydra.sweeper.again=true")
    assert launch(whole, "-m", *arguments).code == 0
    assert path.stat().st_mtime > before


LONGER = ("training.updates=300", "resume.seconds=0", "seed=1", "threads=1")


def test_a_sweep_that_is_stopped_lets_its_jobs_keep_where_they_are(tmp_path: Path) -> None:
    command = [sys.executable, str(run.ROOT / "run.py"), "-m", *TINY, *LONGER]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL)
    end = time.monotonic() + PATIENCE_SECONDS
    while not list(tmp_path.glob("runs/*/*/checkpoints/resume-1?.ckpt")):
        assert time.monotonic() < end, states(tmp_path)
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    assert (process.wait(), [*states(tmp_path).values()]) == (143, ["interrupted"])
    assert launch(tmp_path, "-m", *TINY, *LONGER).code == 0
    (log,) = tmp_path.glob("runs/*/*/log.txt")
    assert "goes on after update" in log.read_text()
