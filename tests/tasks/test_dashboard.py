"""`task=dashboard`: a workspace at W&B, the runs that it lacks, and a page of this machine."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.tasks.launching import TINY, launch
from tests.tasks.loopback import Loopback, served

pytestmark = pytest.mark.long

ONLINE = ("task=dashboard", "group=questions")
HEADER = "hash,folder,state,seconds,reason,norm,optimizer.lr,seed"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep of two offline runs."""
    folder, rows = tmp_path_factory.mktemp("swept"), [HEADER]
    for norm in ("layer", "batch"):
        place = f"hydra.run.dir=runs/questions/{norm}"
        ended = launch(folder, *TINY, "logger=wandb", "group=questions", f"norm={norm}", place)
        assert ended.code == 0, ended.err
        rows.append(f"1,{norm},done,1,,{norm},0.0005,1")
    (folder / "runs/questions/sweep.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture
def swept(trained: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True, symlinks=True)
    return tmp_path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A server that knows the user's key."""
    pytest.importorskip("wandb_workspaces")
    with served(monkeypatch) as server:
        yield server


@pytest.fixture(scope="module")
def spec(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The workspace that is saved for the two runs."""
    pytest.importorskip("wandb_workspaces")
    folder = tmp_path_factory.mktemp("shown")
    shutil.copytree(trained, folder, dirs_exist_ok=True, symlinks=True)
    with pytest.MonkeyPatch.context() as environment, served(environment) as server:
        ended = launch(folder, *ONLINE)
    assert ended.code == 0, ended.err
    (view,) = server.views
    assert view["displayName"] == "questions"
    return view["spec"]["section"]


def panels(spec: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The panels of one kind."""
    every = [panel for part in spec["panelBankConfig"]["sections"] for panel in part["panels"]]
    return [panel["config"] for panel in every if panel["viewType"] == kind]


def test_a_workspace_shows_the_runs_of_its_group_alone(spec: dict[str, Any]) -> None:
    (filtered,) = spec["runSets"][0]["filters"]["filters"]
    assert filtered["key"] == {"section": "run", "name": "group"}
    assert (filtered["op"], filtered["value"]) == ("=", "questions")


def test_a_workspace_groups_by_what_was_swept_but_the_seed(spec: dict[str, Any]) -> None:
    grouped = [key["name"] for key in spec["runSets"][0]["grouping"]]
    assert grouped == ["norm.value", "optimizer/lr.value"]


def test_a_workspace_draws_learning_curves_over_updates(spec: dict[str, Any]) -> None:
    lines = panels(spec, "Run History Line Plot")
    assert [line["metrics"] for line in lines] == [["val/loss"], ["val/bleu"], ["train/loss"]]
    assert {line["xAxis"] for line in lines} == {"trainer/global_step"}


def test_a_workspace_shows_how_what_decides_depends_on_the_settings(spec: dict[str, Any]) -> None:
    (plot,) = panels(spec, "Parallel Coordinates Plot")
    axes = [column["accessor"] for column in plot["columns"]]
    metric = "summary:test/test/greedy/bleu"
    assert axes == ["config:norm.value", "config:optimizer/lr.value", metric]


def test_a_workspace_shows_which_setting_matters(spec: dict[str, Any]) -> None:
    (importance,) = panels(spec, "Parameter Importance")
    assert importance["targetKey"] == "test/test/greedy/bleu"


def test_the_same_command_again_replaces_the_workspace(server: Loopback, swept: Path) -> None:
    first, again = launch(swept, *ONLINE), launch(swept, *ONLINE)
    address = [line for line in first.out.splitlines() if line.startswith("workspace: ")]
    assert address[0] in again.out
    assert [view.get("id") for view in server.views] == ["view-1", "view-1"]
    assert len({view["name"] for view in server.views}) == 1


def test_a_workspace_that_the_server_does_not_take_is_refused_in_a_sentence(
    server: Loopback, swept: Path
) -> None:
    with mock.patch.dict("tests.tasks.answers.ANSWERS", {"UpsertView2": lambda *asked: {}}):
        ended = launch(swept, *ONLINE)
    assert ended.code == 2
    assert ended.err.startswith("W&B did not take the workspace")


def test_runs_that_were_not_sent_are_listed_and_the_command_sends_them(
    swept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = launch(swept, "task=dashboard", "group=questions")
    assert (ended.code, ended.out.count("not sent: ")) == (0, 2)
    [command] = re.findall(r"wandb sync .*", ended.out)
    with served(monkeypatch) as server:
        script = command.replace("wandb", f"{shlex.quote(sys.executable)} -m wandb", 1)
        subprocess.run(["bash", "-c", script], cwd=swept, check=True, timeout=60)
        assert {received.config["norm"] for received in server.runs.values()} == {"layer", "batch"}
    assert "not sent" not in launch(swept, "task=dashboard", "group=questions").out


def test_trials_of_a_learning_rate_are_not_shown(server: Loopback, swept: Path) -> None:
    place = swept / "runs/questions"
    shutil.copytree(place / "layer", place / "tuning/layer", symlinks=True)
    launch(swept, *ONLINE)
    filters = server.views[0]["spec"]["section"]["runSets"][0]["filters"]["filters"]
    assert [(one["key"]["name"], one["op"], one["value"]) for one in filters[1:]] == [
        ("seed", "!=", 1)
    ]


def test_a_dashboard_leaves_no_folder(swept: Path) -> None:
    before = sorted(swept.rglob("*"))
    launch(swept, "task=dashboard", "group=questions")
    assert sorted(swept.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["group=nothing"], "runs/nothing/ holds no run yet"),
        (["group=questions", "view=tensorboard"], "choose from local, wandb"),
    ],
)
def test_a_dashboard_of_nothing_is_refused(swept: Path, words: list[str], sentence: str) -> None:
    ended = launch(swept, "task=dashboard", *words)
    assert ended.code == 2
    assert sentence in ended.err


def test_without_trackio_the_local_page_is_refused_with_the_remedy(swept: Path) -> None:
    with mock.patch("whynorm.tasks.local_dashboard.find_spec", return_value=None):
        ended = launch(swept, "task=dashboard", "group=questions", "view=local")
    assert ended.code == 2
    assert "pip install -e '.[dashboard]'" in ended.err
