"""A multirun through a real Slurm of two nodes, half of whose jobs run on both of them."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import run
from tests.tasks.launching import TINY

pytestmark = pytest.mark.long

SWEEP = (
    "hardware=cpu,multi_node",
    "seed=1,2",
    "hardware.accelerator=cpu",
    "hardware.devices=1",
    "hardware.precision=32-true",
    "model.dropout=0",
    "threads=1",
    "hydra/launcher=slurm",
    "hydra.launcher.cpus_per_process=1",
)
PATIENCE_SECONDS = 900


def started(folder: Path, cluster: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    """The command, begun in that folder beside the cluster."""
    environment = {**os.environ, **cluster, "PYTHONPATH": str(run.ROOT / "src")}
    command = [sys.executable, str(run.ROOT / "run.py"), "-m", *TINY, *arguments]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True
    )


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory, cluster: dict[str, str]) -> Path:
    """The sweep's folder; each hardware has two seeds in it."""
    folder = tmp_path_factory.mktemp("swept")
    process = started(folder, cluster, *SWEEP)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, out + err
    return folder / "runs/grammar"


def rows(swept: Path) -> list[dict[str, str]]:
    with (swept / "sweep.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def losses(swept: Path, hardware: str) -> list[float]:
    """The validation losses of the runs on that hardware, by seed."""
    folders = [row["folder"] for row in rows(swept) if row["hardware"] == hardware]
    scores = [json.loads((swept / folder / "scores.json").read_text()) for folder in folders]
    return [one["validation"]["loss"] for one in scores]


def test_every_job_of_a_multirun_is_done_by_slurm(swept: Path) -> None:
    assert [row["state"] for row in rows(swept)] == ["done"] * 4


def test_jobs_that_ask_for_like_machines_are_one_array(swept: Path) -> None:
    jobs = json.loads((swept / ".submitit/jobs.json").read_text())
    assert sorted(job.split("_")[1] for job in jobs.values()) == ["0", "0", "1", "1"]


def test_a_run_on_two_nodes_is_that_of_one_process(swept: Path) -> None:
    alone = losses(swept, "cpu")
    assert len(alone) == 2
    assert losses(swept, "multi_node") == pytest.approx(alone, rel=1e-6)


def test_a_run_on_two_nodes_had_a_process_on_each(swept: Path) -> None:
    folders = [row["folder"] for row in rows(swept) if row["hardware"] == "multi_node"]
    jobs = json.loads((swept / ".submitit/jobs.json").read_text())
    found = [len(list((swept / ".submitit" / jobs[name]).glob("*_result.pkl"))) for name in folders]
    assert found == [2, 2]


def test_a_queue_leaves_four_files_for_each_job_of_one_process(swept: Path) -> None:
    folders = [row["folder"] for row in rows(swept) if row["hardware"] == "cpu"]
    jobs = json.loads((swept / ".submitit/jobs.json").read_text())
    found = [len(list((swept / ".submitit" / jobs[name]).iterdir())) for name in folders]
    assert found == [4, 4]
