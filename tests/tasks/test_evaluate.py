"""Testing a run folder again."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.launching import launch

pytestmark = pytest.mark.long


def scores(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "scores.json").read_text(encoding="utf-8"))["test"]["test"]


def evaluated(trained: Path, where: Path, *arguments: str) -> dict[str, Any]:
    before = set(trained.glob("evaluations/*"))
    directory = f"hydra.run.dir={where / 'evaluation'}"
    ended = launch(where, "task=evaluate", f"run={trained}", directory, *arguments)
    assert (ended.code, set(trained.glob("evaluations/*"))) == (0, before), ended.err
    return scores(where / "evaluation")


def test_a_run_evaluated_again_has_the_scores_of_its_training(
    trained: Path, tmp_path: Path
) -> None:
    assert evaluated(trained, tmp_path) == scores(trained)


def test_an_evaluation_lies_inside_its_run(trained: Path, tmp_path: Path) -> None:
    assert launch(tmp_path, "task=evaluate", f"run={trained}").code == 0
    assert len(list(trained.glob("evaluations/*/scores.json"))) == 1


def test_the_newest_run_is_the_last(trained: Path) -> None:
    place = trained.parent.parent.parent
    out = launch(place, "task=evaluate", "run=last", "decoding.beam=1").out
    assert out.startswith(f"run folder: {trained.relative_to(place)}/evaluations/")


def test_decoding_may_be_another_than_in_training(trained: Path, tmp_path: Path) -> None:
    assert "beam" not in evaluated(trained, tmp_path, "decoding.beam=1")


def test_the_data_may_be_others_than_in_training(trained: Path, tmp_path: Path) -> None:
    other = evaluated(trained, tmp_path, "data.corpus.seed=5", "data.corpus.held_out=10")
    assert other["loss"] != scores(trained)["loss"]


def test_masks_may_be_others_than_in_training(trained: Path, tmp_path: Path) -> None:
    assert evaluated(trained, tmp_path, "mask=no_cross_padding")["loss"] != scores(trained)["loss"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("seed=5", "seed belongs to the training"),
        ("vocabulary=bpe", "vocabulary belongs to the training"),
        ("model.d_model=32", "is a checkpoint of another model"),
    ],
)
def test_what_only_training_can_choose_is_refused(
    trained: Path, tmp_path: Path, argument: str, message: str
) -> None:
    where = f"hydra.run.dir={tmp_path / 'evaluation'}"
    ended = launch(tmp_path, "task=evaluate", f"run={trained}", where, argument)
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert message in ended.err


def test_a_run_that_is_not_finished_is_refused(trained: Path, tmp_path: Path) -> None:
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "config.yaml").write_text((trained / "config.yaml").read_text())
    (unfinished / "status.json").write_text('{"state": "running"}')
    ended = launch(tmp_path, "task=evaluate", "run=unfinished")
    assert ended.code == 2
    assert "this run is not finished, its state is 'running'" in ended.err
