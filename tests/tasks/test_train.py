"""What a training leaves behind and shows."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf

from tests.tasks.launching import TINY, Ended, launch, only_run
from whynorm.tasks.versions import determinism

Trained = tuple[Path, Ended]


def content(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_the_run_folder_is_said_first_and_last(trained_as: Trained) -> None:
    folder, ended = trained_as
    lines = ended.out.splitlines()
    assert lines[0] == lines[-1] == f"run folder: {only_run(folder).relative_to(folder)}"


def test_model_and_data_are_summed_up_before_the_first_update(trained_as: Trained) -> None:
    out = trained_as[1].out
    places = [out.index(word) for word in ("parameters", "lowest loss", "update 1 of")]
    assert places == sorted(places)


def test_the_scores_of_both_searches_are_shown(trained_as: Trained) -> None:
    out = trained_as[1].out
    table = out[out.index("Scores") :]
    assert [
        word for word in ("greedy", "beam", "BLEU", "chrF", "exact match") if word not in table
    ] == []


def test_three_sample_translations_are_shown(trained_as: Trained) -> None:
    assert trained_as[1].out.count("  reference   ") == 3


def test_a_finished_run_says_nothing_on_standard_error(trained_as: Trained) -> None:
    assert trained_as[1].err == ""


def test_a_run_leaves_sixteen_files_at_most(trained: Path) -> None:
    assert 9 <= sum(path.is_file() for path in trained.rglob("*")) <= 16


def test_a_finished_run_is_done(trained: Path) -> None:
    assert content(trained, "status.json")["state"] == "done"


def test_the_saved_configuration_holds_no_references(trained: Path) -> None:
    assert "${" not in (trained / "config.yaml").read_text(encoding="utf-8")


def test_the_saved_configuration_names_the_choices_that_made_it(trained: Path) -> None:
    choices = OmegaConf.load(trained / "config.yaml").choices
    assert (choices.norm, choices.placement, choices.data) == ("layer", "post", "grammar")


def test_validation_losses_are_in_metrics_csv(trained: Path) -> None:
    with (trained / "metrics.csv").open(newline="") as file:
        losses = [row["val/loss"] for row in csv.DictReader(file) if row["val/loss"]]
    assert len(losses) == 2


def test_the_lowest_validation_loss_is_among_the_scores(trained: Path) -> None:
    with (trained / "metrics.csv").open(newline="") as file:
        losses = [float(row["val/loss"]) for row in csv.DictReader(file) if row["val/loss"]]
    assert content(trained, "scores.json")["validation"]["loss"] == pytest.approx(min(losses))


def test_every_test_sentence_has_its_translations(trained: Path) -> None:
    header, *rows = (trained / "translations.tsv").read_text(encoding="utf-8").splitlines()
    assert header.split("\t") == ["test set", "source", "reference", "greedy", "beam"]
    assert [len(row.split("\t")) for row in rows] == [5] * 20


def test_the_versions_say_what_the_result_depends_on(trained: Path) -> None:
    versions = content(trained, "versions.json")
    assert versions["torch"] == torch.__version__
    assert len(versions["data_sha256"]) == 64
    assert {
        "python",
        "whynorm",
        "pytorch-lightning",
        "commit",
        "platform",
        "threads",
        "seed",
    } <= set(versions)


def test_the_checkpoints_open_without_running_code(trained: Path) -> None:
    for name in ("best.ckpt", "last.ckpt"):
        state = torch.load(trained / "checkpoints" / name, weights_only=True)
        assert state["global_step"] in (3, 6)


def test_the_same_seed_gives_the_same_scores(trained: Path, tmp_path: Path) -> None:
    launch(tmp_path, *TINY)
    again = content(only_run(tmp_path), "scores.json")
    assert again == content(trained, "scores.json")


@pytest.mark.long
def test_another_seed_gives_another_loss(trained: Path, tmp_path: Path) -> None:
    launch(tmp_path, *TINY, "seed=2")
    again = content(only_run(tmp_path), "scores.json")
    assert again["validation"] != content(trained, "scores.json")["validation"]


@pytest.mark.long
def test_the_average_of_checkpoints_is_what_is_tested(tmp_path: Path) -> None:
    launch(tmp_path, *TINY, "training.average=last", "training.average_checkpoints=2")
    assert content(only_run(tmp_path), "scores.json")["checkpoint"] == "averaged.ckpt"


@pytest.mark.long
def test_a_moving_average_of_the_weights_is_trained_and_tested(tmp_path: Path) -> None:
    assert launch(tmp_path, *TINY, "training.ema=0.9").code == 0


def test_a_diverged_run_is_recorded_with_its_update(tmp_path: Path) -> None:
    ended = launch(tmp_path, *TINY, "norm._target_=tests.tasks.faulty.Diverging")
    status = content(only_run(tmp_path), "status.json")
    assert (ended.code, status["state"], status["update"]) == (3, "diverged", 1)


def test_a_failed_run_is_recorded_with_its_traceback(tmp_path: Path) -> None:
    ended = launch(tmp_path, *TINY, "norm._target_=tests.tasks.faulty.Failing")
    status = content(only_run(tmp_path), "status.json")
    assert (ended.code, status["state"]) == (1, "failed")
    assert "this norm has a bug" in status["traceback"]


def test_an_interrupted_run_is_recorded_and_shows_no_traceback(tmp_path: Path) -> None:
    ended = launch(tmp_path, *TINY, "norm._target_=tests.tasks.faulty.Interrupting")
    assert (ended.code, content(only_run(tmp_path), "status.json")["state"]) == (130, "interrupted")
    assert "Traceback" not in ended.err


def test_a_folder_that_holds_a_run_is_never_overwritten(trained: Path, tmp_path: Path) -> None:
    before = (trained / "status.json").read_text()
    ended = launch(tmp_path, *TINY, f"hydra.run.dir={trained}")
    assert ended.code == 2
    assert (trained / "status.json").read_text() == before


def test_the_last_weights_are_tested_where_that_is_asked_for(tmp_path: Path) -> None:
    """Also after the last validation, when Lightning keeps none."""
    ended = launch(tmp_path, *TINY, "training.tested=last", "training.updates=7")
    assert ended.code == 0, ended.err
    folder = only_run(tmp_path)
    scores = json.loads((folder / "scores.json").read_text())
    assert (scores["checkpoint"], scores["updates"], scores["tested_update"]) == ("last.ckpt", 7, 7)
    kept = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    assert kept["global_step"] == 7


def test_the_best_weights_say_after_which_update_they_were_written(trained: Path) -> None:
    scores = json.loads((trained / "scores.json").read_text())
    kept = torch.load(trained / "checkpoints/best.ckpt", weights_only=True)
    assert scores["tested_update"] == kept["global_step"]


@pytest.mark.parametrize(
    ("hardware", "said"),
    [
        ({"accelerator": "cpu"}, "bit for bit, with as many threads"),
        ({"accelerator": "gpu", "deterministic": True}, "bit for bit, with as many threads"),
        ({"accelerator": "gpu", "deterministic": "warn"}, "but for what was warned of"),
        ({"accelerator": "gpu", "deterministic": False}, "not bit for bit"),
    ],
)
def test_how_exactly_a_run_can_be_repeated_is_said(hardware: dict[str, Any], said: str) -> None:
    assert said in determinism(hardware)


def test_how_exactly_it_can_be_repeated_is_recorded(trained: Path) -> None:
    assert content(trained, "versions.json")["determinism"] == determinism({"accelerator": "cpu"})


@pytest.mark.long
@pytest.mark.parametrize("validations", [1, 2])
def test_a_training_whose_epochs_end_within_an_accumulation_is_validated(
    tmp_path: Path, validations: int
) -> None:
    words = ("training.accumulate=2", "training.updates=4", "batches.tokens_per_batch=1024")
    ended = launch(tmp_path, *TINY, *words, f"training.validations={validations}")
    assert ended.code == 0, ended.out + ended.err
    with (only_run(tmp_path) / "metrics.csv").open(newline="") as file:
        losses = [row["val/loss"] for row in csv.DictReader(file) if row["val/loss"]]
    assert len(losses) == validations


@pytest.mark.long
def test_validations_fall_evenly_over_the_epochs_and_inside_one(tmp_path: Path) -> None:
    words = ("training.updates=null", "training.epochs=1", "training.validations=3")
    ended = launch(tmp_path, *TINY, *words, "batches.tokens_per_batch=256")
    assert ended.code == 0, ended.out + ended.err
    with (only_run(tmp_path) / "metrics.csv").open(newline="") as file:
        at = [int(row["step"]) for row in csv.DictReader(file) if row["val/loss"]]
    first, second, third = at
    assert first > 0
    assert second - first == third - second == first + 1
