"""The launcher as a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tasks.launching import TINY

RUN = Path(__file__).parent.parent / "run.py"


def started(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(RUN.parent / "src")}
    command = [sys.executable, str(RUN), *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=600
    )


def test_help_is_there_at_once(tmp_path: Path) -> None:
    """Measured in the processor's time, which other work on the machine does not lengthen."""
    before = os.times().children_user
    assert started(tmp_path, "--help").returncode == 0
    assert os.times().children_user - before < 2


def test_help_names_the_tasks(tmp_path: Path) -> None:
    out = started(tmp_path, "--help").stdout
    assert [
        word for word in ("task=evaluate", "task=translate", "-m norm=") if word not in out
    ] == []


def test_a_reader_who_stops_reading_meets_no_traceback(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {**os.environ, "PYTHONPATH": str(RUN.parent / "src")}
    command = [sys.executable, str(RUN), "--help"]
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert ended.stderr == ""


def test_the_exit_code_of_a_refusal_is_2(tmp_path: Path) -> None:
    ended = started(tmp_path, "norm=layr")
    assert (ended.returncode, ended.stdout, len(ended.stderr.splitlines())) == (2, "", 1)


def test_the_configuration_can_be_seen_without_a_run(tmp_path: Path) -> None:
    assert "d_model: 256" in started(tmp_path, "model=tutorial", "--cfg", "job").stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_two_processes_share_each_arm_of_a_multirun(tmp_path: Path) -> None:
    ended = started(tmp_path, "-m", *TINY, "hardware=cpu,ddp_cpu", "model.dropout=0", "seed=1,2")
    assert ended.returncode == 0, ended.stderr
    found = sorted(tmp_path.glob("runs/grammar/*/scores.json"))
    losses = [json.loads(path.read_text())["validation"]["loss"] for path in found]
    assert len(losses) == 4
    assert losses[:2] == pytest.approx(losses[2:], rel=1e-4)


@pytest.mark.long
def test_torchrun_starts_the_processes_of_one_run(tmp_path: Path) -> None:
    """On as many machines as there are; here on one."""
    hardware = ["hardware=multi_node", "hardware.num_nodes=1", "hardware.accelerator=cpu"]
    hardware += ["hardware.devices=2", "hardware.precision=32-true", "hydra.run.dir=runs/large"]
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    ended = subprocess.run(
        [sys.executable, *torchrun, str(RUN), *TINY, *hardware],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(RUN.parent / "src")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads((tmp_path / "runs/large/status.json").read_text())["state"] == "done"
