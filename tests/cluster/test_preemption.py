"""A job that Slurm, or its time limit, interrupts ends with the bits of one left alone.

Slurm holds an interrupted job back for two minutes.
"""

import json
import subprocess
import time
from pathlib import Path

import pytest
import torch

from tests.cluster.test_slurm import PATIENCE_SECONDS, started
from whynorm.training import checkpoint

pytestmark = pytest.mark.long

LONGER = ("seed=3", "threads=1", "training.updates=600", "training.validations=10")
# The time is nearly up; Slurm takes the machine away.
INTERRUPTIONS = ("scancel --signal=USR2", "scontrol requeue")


def folder_of(place: Path) -> Path:
    """The one run folder there."""
    (found,) = place.glob("runs/grammar/*/log.txt")
    return found.parent


def wait_for_checkpoint(place: Path) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not list(place.glob("runs/grammar/*/checkpoints/*.ckpt")):
        assert time.monotonic() < end, "the job wrote no checkpoint"
        time.sleep(0.2)


def restarts(cluster: dict[str, str], job: str) -> str:
    """What Slurm knows of how often it began the job anew."""
    shown = subprocess.check_output(["scontrol", "show", "job", job], env=cluster, text=True)
    return shown.partition("Restarts=")[2].split()[0]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, cluster: dict[str, str]) -> Path:
    """The run folder of a job that nothing disturbed."""
    place = tmp_path_factory.mktemp("whole")
    assert started(place, cluster, *LONGER).wait(PATIENCE_SECONDS) == 0
    return folder_of(place)


@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_an_interrupted_job_ends_with_the_bits_of_one_left_alone(
    tmp_path: Path, cluster: dict[str, str], whole: Path, interruption: str
) -> None:
    process = started(tmp_path, cluster, *LONGER, "hydra/launcher=slurm")
    wait_for_checkpoint(tmp_path)
    (job,) = json.loads((tmp_path / "runs/grammar/.submitit/jobs.json").read_text()).values()
    subprocess.run([*interruption.split(), job], env=cluster, check=True)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, restarts(cluster, job)) == (0, "1"), out + err
    assert_same(folder_of(tmp_path), whole)


def assert_same(run: Path, other: Path) -> None:
    """Weights, losses and scores are equal to the last bit."""
    for name in ("best.ckpt", "last.ckpt"):
        pairs = [checkpoint.weights(place / "checkpoints" / name) for place in (run, other)]
        assert pairs[0].keys() == pairs[1].keys()
        assert all(torch.equal(pairs[0][key], pairs[1][key]) for key in pairs[0])
    for name in ("scores.json", "translations.tsv"):
        assert (run / name).read_text() == (other / name).read_text()
