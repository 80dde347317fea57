"""Sweeps whose like jobs are trained at once, held against sweeps whose jobs run side by side."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from tests.tasks.launching import CONF, TINY, launch
from whynorm.tasks.folder import read_json
from whynorm.tasks.refusal import Refused
from whynorm.tasks.stacked_launcher import Stacking, groups, obstacle

SHARED = ["norm=batch", "hydra.sweep.dir='runs/x'"]
# Of each seed, one that learns and one whose steps are far too long.
PLAN = ("threads=1", "seed=1,2", "optimizer.lr=1.0e-3,1.0e+30")


def config(*overrides: str) -> DictConfig:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("config", overrides=list(overrides))


def test_jobs_that_differ_in_seed_and_optimizer_are_of_one_make() -> None:
    jobs = [
        [*SHARED, "seed=1", "optimizer=adamw", "hydra.sweep.subdir='1'"],
        [*SHARED, "seed=2", "optimizer.lr=0.1", "hydra.sweep.subdir='2'"],
    ]
    assert groups(jobs) == [[0, 1]]


def test_jobs_that_differ_in_anything_else_are_not() -> None:
    masks = ["mask=paper", "mask=none", "mask=paper"]
    assert groups([[*SHARED, mask, f"seed={at}"] for at, mask in enumerate(masks)]) == [[0, 2], [1]]


def test_training_on_one_device_can_be_stacked() -> None:
    assert obstacle(config("seed=3")) is None


@pytest.mark.parametrize(
    ("override", "reason"),
    [
        ("task=evaluate", "they train nothing"),
        ("hardware=ddp_cpu", "hardware.devices=2"),
        ("hardware.precision=16-mixed", "hardware.precision=16-mixed scales the loss"),
        ("compile=default", "compile=default"),
        ("training.ema=0.9", "training.ema=0.9"),
        ("training.observe=[flow]", "training.observe="),
    ],
)
def test_what_cannot_be_stacked_runs_by_itself_with_a_reason(override: str, reason: str) -> None:
    found = obstacle(config(override))
    assert found is not None and found.startswith(reason)


def test_a_stack_of_one_is_refused() -> None:
    with pytest.raises(Refused, match=r"hydra.launcher.runs=1 is no stack; choose 2 or more"):
        Stacking(jobs=None, runs=1)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The folders of one sweep, its jobs at once and side by side."""
    folders: list[Path] = []
    for launcher in ("stacked", "side_by_side"):
        folder = tmp_path_factory.mktemp(launcher)
        ended = launch(folder, "-m", *TINY, *PLAN, f"hydra/launcher={launcher}")
        assert ended.code == 0, ended.out + ended.err
        folders.append(folder / "runs/grammar")
    return folders[0], folders[1]


def states(sweep: Path) -> list[dict[str, str]]:
    with (sweep / "sweep.csv").open(newline="") as lines:
        kept = ("folder", "state", "reason")
        return [{key: row[key] for key in kept} for row in csv.DictReader(lines)]


def done(sweep: Path) -> list[Path]:
    """The folders of the runs that did not diverge."""
    return [sweep / row["folder"] for row in states(sweep) if row["state"] == "done"]


def plain(node: Any, place: str = "") -> dict[str, Any]:
    """Every value of a JSON file under its place in it."""
    if not isinstance(node, dict):
        return {place: node}
    return {k: v for key, below in node.items() for k, v in plain(below, f"{place}/{key}").items()}


@pytest.mark.long
def test_runs_at_once_end_as_runs_side_by_side(swept: tuple[Path, Path]) -> None:
    stacked, separate = (states(sweep) for sweep in swept)
    assert stacked == separate
    assert sorted(row["state"] for row in stacked) == ["diverged", "diverged", "done", "done"]


@pytest.mark.long
def test_runs_at_once_have_the_scores_of_runs_side_by_side(swept: tuple[Path, Path]) -> None:
    stacked, separate = ([plain(read_json(f / "scores.json")) for f in done(s)] for s in swept)
    assert stacked == [
        {k: pytest.approx(v, rel=1e-4) if isinstance(v, float) else v for k, v in run.items()}
        for run in separate
    ]


@pytest.mark.long
def test_runs_at_once_leave_the_files_of_runs_side_by_side(swept: tuple[Path, Path]) -> None:
    stacked, separate = (
        [sorted(str(path.relative_to(sweep)) for path in run.rglob("*")) for run in done(sweep)]
        for sweep in swept
    )
    assert stacked == separate


@pytest.mark.long
def test_runs_at_once_have_the_configuration_of_runs_side_by_side(
    swept: tuple[Path, Path],
) -> None:
    stacked, separate = ([(f / "config.yaml").read_text() for f in done(s)] for s in swept)
    assert stacked == separate


@pytest.mark.long
def test_every_run_at_once_has_a_log_of_its_own(swept: tuple[Path, Path]) -> None:
    for folder in done(swept[0]):
        said = (folder / "log.txt").read_text().splitlines()
        assert [line for line in said if line.startswith("run folder:")] == [
            f"run folder: runs/grammar/{folder.name}"
        ] * 2


def reasons(sweep: Path) -> list[str]:
    """Why runs of a sweep were not computed at once, from their logs."""
    lines = [line for log in sweep.glob("*/log.txt") for line in log.read_text().splitlines()]
    return [line for line in lines if line.startswith("computed by itself")]


@pytest.mark.long
def test_runs_at_once_are_computed_at_once(swept: tuple[Path, Path]) -> None:
    assert reasons(swept[0]) == []


@pytest.mark.long
def test_runs_that_padding_moves_end_all_the_same_and_say_why_they_were_not_stacked(
    tmp_path: Path,
) -> None:
    counting = ("norm=batch", "norm.count_padding=true", "hydra/launcher=stacked")
    assert launch(tmp_path, "-m", *TINY, *PLAN[:2], *counting).code == 0
    sweep = tmp_path / "runs/grammar"
    assert [row["state"] for row in states(sweep)] == ["done", "done"]
    assert ["padding moves their numbers" in line for line in reasons(sweep)] == [True, True]


@pytest.mark.long
def test_every_run_at_once_logs_its_own_metrics(swept: tuple[Path, Path]) -> None:
    def losses(sweep: Path) -> list[list[float]]:
        tables = [csv.DictReader((run / "metrics.csv").open()) for run in done(sweep)]
        return [[float(row["val/loss"]) for row in rows if row["val/loss"]] for rows in tables]

    stacked, separate = (losses(sweep) for sweep in swept)
    assert stacked == [pytest.approx(row, rel=1e-4) for row in separate]
    assert json.dumps(stacked[0]) != json.dumps(stacked[1])
