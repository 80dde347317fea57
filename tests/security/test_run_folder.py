"""A run folder that somebody sent says what is to be made: nothing of it is made."""

import json
import re
import shutil
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.choosing import sampled
from tests.security.folders import (
    WEIGHTS,
    configuration,
    run_folder,
    unpickled,
    write_hostile_checkpoint,
)
from tests.tasks.launching import Ended, launch

TASKS = ["evaluate", "translate", "probe", "export"]


def deleting(folder: Path) -> dict[str, Any]:
    """Deletes the file `kept`."""
    path = {"_target_": "pathlib.Path", "_args_": [str(folder / "kept")]}
    return {"_target_": "pathlib.Path.unlink", "_args_": [path]}


def calling(folder: Path) -> dict[str, Any]:
    """Writes the file `mark` by the shell."""
    return {"_target_": "os.system", "command": f"touch {folder / 'mark'}"}


def fetching(folder: Path) -> dict[str, Any]:
    """Writes the file `mark` by the code of a model hub."""
    hub = folder / "hub"
    hub.mkdir()
    code = f"import pathlib\npathlib.Path({str(folder / 'mark')!r}).touch()\n"
    (hub / "hubconf.py").write_text(code)
    where = {"repo_or_dir": str(hub), "source": "local", "model": "any"}
    return {"_target_": "torch.hub.load", **where}


HOSTILE = [deleting, calling, fetching]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder with a file that is to stay, and none that is called mark."""
    (tmp_path / "kept").touch()
    return tmp_path


def untouched(place: Path) -> bool:
    """True while nothing hostile was run."""
    return (place / "kept").exists() and not (place / "mark").exists()


def refused(ended: Ended, message: str) -> bool:
    """True for an end with exit code 2 and one sentence of that kind."""
    one = ended.code == 2 and len(ended.err.splitlines()) == 1
    return one and re.search(message, ended.err) is not None


@pytest.mark.parametrize(("task", "hostile"), sampled(product(TASKS, HOSTILE), every=2))
def test_a_task_makes_nothing_that_a_hostile_run_folder_names(
    task: str, hostile: Any, place: Path
) -> None:
    run = run_folder(place / "run", {**configuration(), "norm": hostile(place)})
    ended = launch(place, f"task={task}", f"run={run}")
    named = r"holds norm\._(target|args)_=.*, which no option of conf/ says at that place, so"
    assert refused(ended, named), ended.err
    assert untouched(place)


@pytest.mark.long
def test_compare_makes_nothing_that_hostile_run_folders_name(trained: Path, place: Path) -> None:
    parts = zip(["norm", "mask", "placement"], HOSTILE, strict=True)
    content = {**configuration(), **{key: hostile(place) for key, hostile in parts}}
    for arm in ("a", "b"):
        shutil.copytree(trained, place / "sweep" / arm)
        (place / "sweep" / arm / "config.yaml").write_text(json.dumps(content))
    rows = ["hash,folder,state,seconds,reason,arm,seed", "1,a,done,1,,a,1", "2,b,done,1,,b,1"]
    (place / "sweep/sweep.csv").write_text("\n".join(rows))
    ended = launch(place, "task=compare", "sweep=sweep", "group=grammar")
    assert (ended.code, untouched(place)) == (0, True), ended.err


TAGGED = "norm: !!python/object/apply:os.system ['touch mark']\n"


@pytest.mark.parametrize("task", TASKS)
def test_a_configuration_that_asks_yaml_for_objects_is_refused(task: str, place: Path) -> None:
    run = run_folder(place / "run", configuration())
    (run / "config.yaml").write_text(TAGGED)
    ended = launch(place, f"task={task}", f"run={run}")
    assert refused(ended, r"config\.yaml cannot be read; restore it"), ended.err
    assert untouched(place)


def test_compare_refuses_a_configuration_that_asks_yaml_for_objects(place: Path) -> None:
    run = run_folder(place / "sweep/a", configuration())
    (run / "config.yaml").write_text(TAGGED)
    rows = ["hash,folder,state,seconds,reason,arm", "1,a,done,1,,a"]
    (place / "sweep/sweep.csv").write_text("\n".join(rows))
    ended = launch(place, "task=compare", "sweep=sweep")
    assert refused(ended, r"a/config\.yaml holds more or less than plain values"), ended.err
    assert untouched(place)


def test_a_configuration_cannot_read_the_environment(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of-the-user")
    run = run_folder(place / "run", {**configuration(), "name": "${oc.env:SECRET}"})
    ended = launch(place, "task=evaluate", f"run={run}")
    assert refused(ended, r"config\.yaml holds a value with \$\{, which no run writes"), ended.err
    assert "of-the-user" not in ended.err + ended.out


@pytest.mark.long
@pytest.mark.parametrize("task", TASKS)
def test_a_hostile_checkpoint_is_refused_and_runs_nothing(task: str, place: Path) -> None:
    run = run_folder(place / "run", configuration())
    write_hostile_checkpoint(run / WEIGHTS, place / "mark")
    ended = launch(place, f"task={task}", f"run={run}", *(["probe=leakage"] * (task == "probe")))
    message = r"best\.ckpt is damaged, or holds more than weights .*nothing of it was run"
    assert refused(ended, message), ended.err
    assert untouched(place)


def test_the_hostile_checkpoint_of_these_tests_would_run_if_it_were_trusted(place: Path) -> None:
    write_hostile_checkpoint(place / "hostile.ckpt", place / "mark")
    unpickled(place / "hostile.ckpt")
    assert not untouched(place)


def test_a_run_cannot_name_weights_outside_its_folder(place: Path) -> None:
    run = run_folder(place / "run", configuration())
    other = run_folder(place / "other", configuration())
    name = f"../../{(other / WEIGHTS).relative_to(place)}"
    (run / "scores.json").write_text(json.dumps({"checkpoint": name}))
    ended = launch(place, "task=translate", f"run={run}", typed=b"Hund.\n")
    assert refused(ended, r"its weights checkpoints/\.\./\.\./other\S+ are missing"), ended.err


def test_a_vocabulary_imports_no_module_but_ours(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "stranger.py").write_text(f"open({str(place / 'mark')!r}, 'w')\n")
    monkeypatch.syspath_prepend(place)
    run = run_folder(place / "run", configuration())
    entry = {"class": "stranger.Words", "state": {}}
    (run / "vocabulary.json").write_text(json.dumps({"joint": True, "source": entry}))
    ended = launch(place, "task=translate", f"run={run}", typed=b"Hund.\n")
    assert refused(ended, r"vocabulary\.json holds no vocabulary \(stranger\.Words is no"), (
        ended.err
    )
    assert untouched(place)


def test_a_norm_of_the_users_own_is_revived_where_an_option_names_it(place: Path) -> None:
    conf = place / "mine/norm"
    conf.mkdir(parents=True)
    (conf / "own.yaml").write_text("_target_: tests.tasks.faulty.Failing\n_partial_: true\n")
    own = {"_target_": "tests.tasks.faulty.Failing", "_partial_": True}
    run = run_folder(place / "run", {**configuration(), "norm": own})
    ended = launch(place, "--config-dir=mine", "task=translate", f"run={run}", typed=b"Hund.\n")
    assert (ended.code, "this norm has a bug" in ended.err) == (1, True), ended.err


def test_a_norm_of_the_users_own_is_revived_where_the_command_names_it(place: Path) -> None:
    own = {"_target_": "tests.tasks.faulty.Failing", "_partial_": True}
    run = run_folder(place / "run", {**configuration(), "norm": own})
    word = "norm._target_=tests.tasks.faulty.Failing"
    ended = launch(place, "task=translate", f"run={run}", word, typed=b"Hund.\n")
    assert (ended.code, "this norm has a bug" in ended.err) == (1, True), ended.err
