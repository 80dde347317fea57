import json
from pathlib import Path

import pytest
import yaml

from whynorm.benchmarks.journal import Moments, look, watched
from whynorm.benchmarks.sweeps import finding, swept

JOBS = {"1-a": Moments(2.0, 4.0, 22.0, 23.0), "2-b": Moments(3.0, 4.0, 13.0, 16.0)}


@pytest.fixture
def job(tmp_path: Path) -> Path:
    folder = tmp_path / "1-a"
    folder.mkdir()
    return folder


def test_a_job_has_begun_when_its_log_is_there(job: Path) -> None:
    (job / "log.txt").touch()
    moments: dict[str, float] = {}
    look(job, moments, 5.0)
    assert moments == {"began": 5.0}


def test_the_first_and_the_last_update_are_those_of_the_log(job: Path) -> None:
    moments: dict[str, float] = {}
    lines = ["run folder: x\n", "update 1 of 12 (8%)  loss 6\n", "update 12 of 12 (100%)  loss 5\n"]
    for now in (1, 2, 3):
        (job / "log.txt").write_text("".join(lines[:now]))
        look(job, moments, float(now))
    assert moments == {"began": 1.0, "first_update": 2.0, "last_update": 3.0}


def test_a_job_has_ended_when_its_status_says_that_it_is_done(job: Path) -> None:
    (job / "log.txt").write_text("update 1 of 1 (100%)\n")
    (job / "status.json").write_text(json.dumps({"state": "done"}))
    assert watched(job.parent, 0.0, lambda: False).keys() == {"1-a"}


def test_a_job_that_came_to_no_end_is_left_out(job: Path) -> None:
    (job / "log.txt").write_text("update 1 of 9 (11%)\n")
    assert watched(job.parent, 0.0, lambda: False) == {}


def test_the_time_of_the_first_update_is_taken_from_the_others() -> None:
    assert JOBS["1-a"].training(10) == pytest.approx(20.0)


def test_the_share_of_training_is_over_all_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whynorm.benchmarks.machine.cores", lambda: 2)
    found = finding(JOBS, 30.0, {"--help": [1.0, 9.0, 2.0]}, "-m seed=1,2", 10)
    said = {row["what"]: row["measured"] for row in found.table}
    assert said["training of all jobs ÷ cores, s"] == pytest.approx(15.0)
    assert said["sweep ÷ that training"] == pytest.approx(2.0)


def test_the_whole_time_of_a_job_is_from_its_process_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("whynorm.benchmarks.machine.cores", lambda: 2)
    found = finding(JOBS, 34.0, {"--help": [1.0]}, "-m seed=1,2", 10)
    said = {row["what"]: row["measured"] for row in found.table}
    assert said["whole time of all jobs ÷ cores, s"] == pytest.approx(17.0)
    assert said["sweep ÷ that whole time"] == pytest.approx(2.0)


def test_a_job_has_as_many_updates_as_the_experiment_whose_job_it_is() -> None:
    root = Path(__file__).parents[2]
    bench = yaml.safe_load((root / "conf" / "bench" / "sweeps.yaml").read_text("utf-8"))
    [(_, name)] = [word.split("=") for word in bench["words"]]
    experiment = root / "experiments" / name / "experiment.yaml"
    asked = yaml.safe_load(experiment.read_text("utf-8"))
    assert bench["updates"] == asked["training"]["updates"]


def test_the_first_jobs_start_up_is_not_counted() -> None:
    found = finding(JOBS, 30.0, {"--help": [1.0, 9.0, 2.0]}, "-m seed=1,2", 10)
    said = {row["what"]: row["measured"] for row in found.table}
    assert said["start-up of a job after the first, median s"] == 1.0


def test_a_commands_time_is_the_median() -> None:
    found = finding(JOBS, 30.0, {"--help": [1.0, 9.0, 2.0]}, "-m seed=1,2", 10)
    assert {"what": "--help, median s", "measured": 2.0} in found.table


def test_a_sweep_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    failing = tmp_path / "run.py"
    failing.write_text("import sys; sys.exit('out of luck')")
    with pytest.raises(RuntimeError, match="out of luck"):
        swept(failing, ["-m"], tmp_path)
