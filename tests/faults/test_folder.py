"""One run folder has one configuration, and one process at a time."""

import json
import time
from pathlib import Path

import pytest

from tests.faults.places import Poison, Signal
from tests.faults.trial import begun, copied, ended, run_folder, train, words


def folder_of(folder: Path) -> str:
    return f"hydra.run.dir={run_folder(folder).relative_to(folder)}"


def test_a_second_process_is_refused_and_the_first_named(tmp_path: Path) -> None:
    long = [word for word in words("plain") if not word.startswith("training.updates")]
    first = begun(tmp_path, [*long, "training.updates=100000"])
    while not list(tmp_path.glob("runs/*/*/checkpoints/resume-*.ckpt")):
        assert first.is_alive()
        time.sleep(0.05)
    second = tmp_path / "second"
    second.mkdir()
    (second / "runs").symlink_to(tmp_path / "runs")
    refused = train(second, [*long, "training.updates=100000"])
    first.kill()
    ended(first, tmp_path)
    assert (refused.code, f"process {first.pid} on" in refused.said) == (2, True)


@pytest.mark.long
def test_the_lock_of_a_dead_process_holds_nobody_up(tmp_path: Path, stopped: Path) -> None:
    assert (run_folder(stopped) / ".holder.json").exists()
    assert train(copied(stopped, tmp_path), words("plain")).code == 0


@pytest.mark.long
def test_a_changed_configuration_is_refused_with_the_difference(
    tmp_path: Path, stopped: Path
) -> None:
    changed = [*words("plain"), "model.dropout=0.3", folder_of(copied(stopped, tmp_path))]
    refused = train(tmp_path, changed)
    assert (refused.code, "model.dropout is 0.1 there and 0.3 here" in refused.said) == (2, True)


@pytest.mark.long
def test_a_refused_run_leaves_the_folder_as_it_was(tmp_path: Path, stopped: Path) -> None:
    train(copied(stopped, tmp_path), [*words("plain"), "seed=2", folder_of(stopped)])
    assert json.loads((run_folder(tmp_path) / "status.json").read_text())["state"] == "running"


@pytest.mark.long
def test_a_finished_run_is_not_written_over(tmp_path: Path, stopped: Path) -> None:
    train(copied(stopped, tmp_path), words("plain"))
    refused = train(tmp_path, [*words("plain"), folder_of(tmp_path)])
    assert (refused.code, "holds a run already, which is done" in refused.said) == (2, True)


@pytest.mark.long
def test_the_command_of_a_finished_run_begins_another(tmp_path: Path, stopped: Path) -> None:
    train(copied(stopped, tmp_path), words("plain"))
    assert train(tmp_path, words("plain")).code == 0
    assert len(list(tmp_path.glob("runs/*/*/config.yaml"))) == 2


@pytest.mark.long
def test_another_configuration_is_another_run(tmp_path: Path, stopped: Path) -> None:
    copied(stopped, tmp_path)
    assert train(tmp_path, [*words("plain"), "seed=2"]).code == 0
    assert len(list(tmp_path.glob("runs/*/*/config.yaml"))) == 2


@pytest.mark.long
def test_a_run_says_in_its_folder_where_it_went_on(tmp_path: Path, stopped: Path) -> None:
    train(copied(stopped, tmp_path), words("plain"))
    facts = json.loads((run_folder(tmp_path) / "versions.json").read_text())
    assert [one["after_update"] for one in facts["resumed"]] == [7]


@pytest.mark.long
def test_divergence_stops_at_its_update_and_keeps_a_good_state(tmp_path: Path) -> None:
    diverged = train(tmp_path, words("plain"), Poison(9))
    kept = max(
        int(path.stem.partition("-")[2])
        for path in run_folder(tmp_path).glob("checkpoints/resume-*.ckpt")
    )
    assert (diverged.code, kept) == (3, 8)


@pytest.mark.long
def test_divergence_is_recorded_with_update_layer_and_batch(tmp_path: Path) -> None:
    train(tmp_path, words("plain"), Poison(9))
    status = json.loads((run_folder(tmp_path) / "status.json").read_text())
    assert (status["state"], status["update"]) == ("diverged", 9)
    assert "(batch 1 of its epoch)" in status["reason"]
    assert "first in the gradient of" in status["reason"]


@pytest.mark.long
def test_what_was_stopped_twice_counts_its_updates_on(tmp_path: Path, stopped: Path) -> None:
    copied(stopped, tmp_path)
    train(tmp_path, words("plain"), Signal("a batch", 3))
    assert "goes on after update 9" in train(tmp_path, words("plain")).said


@pytest.mark.long
def test_a_run_whose_data_have_changed_is_refused(tmp_path: Path, stopped: Path) -> None:
    versions = run_folder(copied(stopped, tmp_path)) / "versions.json"
    facts = json.loads(versions.read_text())
    versions.write_text(json.dumps({**facts, "data_sha256": "0" * 64}))
    refused = train(tmp_path, words("plain"))
    assert (refused.code, "was begun on other data" in refused.said) == (2, True)


@pytest.mark.long
def test_a_damaged_run_beside_it_holds_nobody_up(tmp_path: Path, stopped: Path) -> None:
    (run_folder(copied(stopped, tmp_path)) / "status.json").write_text("")
    other = train(tmp_path, [*words("plain"), "seed=2"])
    assert (other.code, "status.json is damaged" in other.said) == (0, True)


@pytest.mark.long
@pytest.mark.parametrize("name", ["config.yaml", "status.json"])
def test_results_that_say_no_more_whose_they_are_are_not_written_over(
    tmp_path: Path, stopped: Path, name: str
) -> None:
    place = folder_of(copied(stopped, tmp_path))
    (run_folder(tmp_path) / name).unlink()
    refused = train(tmp_path, [*words("plain"), "seed=2", place])
    assert (refused.code, "holds remains of a run" in refused.said) == (2, True)
