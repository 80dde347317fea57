"""Which running statistics a model is tested with."""

import json
from pathlib import Path

import pytest
import torch

from tests.tasks.launching import TINY, launch, only_run
from whynorm.tasks.folder import checkpoint
from whynorm.training.checkpoint import weights

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def reestimated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with batch norm, tested with statistics that were taken anew."""
    folder = tmp_path_factory.mktemp("reestimated")
    words = ("norm=batch", "training.tested=last", "training.reestimate=3")
    ended = launch(folder, *TINY, *words)
    assert ended.code == 0, ended.out + ended.err
    return only_run(folder)


def test_statistics_taken_anew_are_tested(reestimated: Path) -> None:
    assert checkpoint(reestimated).name == "reestimated.ckpt"


def test_statistics_taken_anew_are_those_of_another_state_with_the_same_weights(
    reestimated: Path,
) -> None:
    trained, tested = (
        weights(reestimated / "checkpoints/last.ckpt"),
        weights(checkpoint(reestimated)),
    )
    changed = {name for name in trained if not torch.equal(trained[name], tested[name])}
    statistics = {name for name in trained if name.endswith(("running_mean", "running_var"))}
    assert changed == statistics != set()


def test_the_update_of_weights_with_new_statistics_is_that_of_the_weights(
    reestimated: Path,
) -> None:
    scores = json.loads((reestimated / "scores.json").read_text(encoding="utf-8"))
    assert scores["tested_update"] == scores["updates"]
