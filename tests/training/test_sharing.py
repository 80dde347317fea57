"""Two processes that share bucketed batches of real sentences train as one that has them whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tests.house.source import ROOT
from tests.training.sharing import EPOCHS, Curve, trained
from tests.training.tiny import tiny_model
from whynorm.training import checkpoint

pytestmark = pytest.mark.long  # tests/norms/test_sync.py begins two processes each time

KINDS = ("ddp", "fsdp")
UPDATES = EPOCHS * 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sharing")


@pytest.fixture(scope="module")
def alone(folder: Path) -> Curve:
    return trained(folder, "alone")


@pytest.fixture(scope="module")
def shared(folder: Path, alone: Curve) -> dict[str, Curve]:
    """The curves of two processes, which find the vocabularies of the one in the cache."""
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [sys.executable, "-m", *torchrun, "-m", "tests.training.sharing", str(folder)]
    ended = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=600
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads((folder / "curves.json").read_text())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("what", ["loss", "gradient_norm"])
def test_every_update_of_two_is_that_of_one(
    alone: Curve, shared: dict[str, Curve], kind: str, what: str
) -> None:
    assert len(alone[what]) == UPDATES
    assert shared[kind][what] == pytest.approx(alone[what], abs=1e-6, rel=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_every_validation_of_two_is_that_of_one(
    alone: Curve, shared: dict[str, Curve], kind: str
) -> None:
    assert shared[kind]["validation"] == pytest.approx(alone["validation"], abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_the_checkpoint_of_two_holds_the_whole_weights(
    folder: Path, shared: dict[str, Curve], kind: str
) -> None:
    model = tiny_model()
    checkpoint.load(model, folder / f"{kind}.ckpt")
    weights = torch.cat([value.detach().flatten() for value in model.parameters()])
    assert weights.tolist() == shared[kind]["weights"]
