"""What a W&B server receives of real trainings."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.tasks.launching import TINY, Ended, launch, only_run
from tests.tasks.loopback import Loopback, Received, served

pytestmark = pytest.mark.long

# Long enough for the training loss to be logged, which it is every ten updates.
TRACKED = (*(word for word in TINY if word != "logger=none"), "logger=wandb", "training.updates=12")
ARM = ("norm=batch", "group=questions", "arm=counted", "tags=[quick]")
SWEEP = Path(__file__).parents[2] / "sweep.yaml"


class Sent(NamedTuple):
    """A training that was logged online, and what the server received of it."""

    folder: Path
    ended: Ended
    run: Received
    server: Loopback
    key: str


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    """A server for all tests of this file."""
    with pytest.MonkeyPatch.context() as environment, served(environment) as server:
        yield server


@pytest.fixture(scope="module")
def sent(server: Loopback, tmp_path_factory: pytest.TempPathFactory) -> Sent:
    """A training, logged online."""
    folder = tmp_path_factory.mktemp("sent")
    ended = launch(folder, *TRACKED, *ARM)
    assert ended.code == 0, ended.out + ended.err
    return Sent(only_run(folder), ended, server.only(), server, os.environ["WANDB_API_KEY"])


def logged(folder: Path, name: str) -> list[tuple[int, float]]:
    """The updates at which metrics.csv has a metric, with its values."""
    with (folder / "metrics.csv").open() as lines:
        rows = [row for row in csv.DictReader(lines) if row.get(name)]
    return [(int(row["step"]), float(row[name])) for row in rows]


def test_the_terminal_says_where_the_run_is_shown(sent: Sent) -> None:
    assert f"W&B: {sent.server.url}/somebody/whynorm/runs/" in sent.ended.out


@pytest.mark.parametrize(
    ("fact", "value"), [("groupName", "questions"), ("jobType", "train"), ("tags", ["quick"])]
)
def test_a_run_arrives_with_its_place_among_others(sent: Sent, fact: str, value: Any) -> None:
    assert sent.run.facts[fact] == value


def test_a_run_is_called_by_what_the_command_said(sent: Sent) -> None:
    assert sent.run.facts["displayName"] == ",".join([*TRACKED, *ARM])[:128]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("norm", "batch"),
        ("decoder_norm", "batch"),
        ("placement", "post"),
        ("mask", "paper"),
        ("arm", "counted"),
        ("seed", 1),
        ("group", "questions"),
        ("optimizer/lr", 0.0005),
        ("norm/count_padding", False),
        ("leaking", "training"),
    ],
)
def test_what_one_groups_by_is_a_column(sent: Sent, column: str, value: Any) -> None:
    assert sent.run.config[column] == value


def test_columns_are_flat_and_without_dots(sent: Sent) -> None:
    own = {name: value for name, value in sent.run.config.items() if name != "_wandb"}
    assert [name for name in own if "." in name or "_target_" in name] == []
    assert [name for name, value in own.items() if isinstance(value, dict)] == []


@pytest.mark.parametrize("name", ["train/loss", "val/loss", "val/bleu"])
def test_history_equals_what_the_run_folder_has(sent: Sent, name: str) -> None:
    expected = logged(sent.folder, name)
    assert expected
    assert sent.run.logged(name) == [(step, pytest.approx(value)) for step, value in expected]


def test_the_summary_holds_the_lowest_validation_loss(sent: Sent) -> None:
    lowest = min(value for _, value in logged(sent.folder, "val/loss"))
    assert sent.run.summary["val/loss"] == pytest.approx(lowest)


@pytest.mark.parametrize("score", ["bleu", "exact_match"])
def test_the_summary_holds_the_test_of_the_widest_search(sent: Sent, score: str) -> None:
    scores = json.loads((sent.folder / "scores.json").read_text())["test"]["test"]["beam"]
    assert sent.run.summary[f"test/{score}"] == pytest.approx(scores[score])


def test_translations_arrive_as_a_table(sent: Sent) -> None:
    lines = (sent.folder / "translations.tsv").read_text().splitlines()[1:21]
    rows = [line.split("\t") for line in lines]
    table = sent.server.tables["translations.table.json"]
    assert table["columns"] == ["source", "reference", "translation"]
    assert table["data"] == [[row[1], row[2], row[-1]] for row in rows]


def test_the_key_is_written_nowhere(sent: Sent) -> None:
    assert len(sent.key) == 40
    files = [path for path in sent.folder.rglob("*") if path.is_file()]
    assert [path for path in files if sent.key.encode() in path.read_bytes()] == []
    kept = [json.dumps([sent.run.config, sent.run.history, sent.run.summary]).encode()]
    assert [text for text in [*kept, *sent.run.files.values()] if sent.key.encode() in text] == []


def test_the_server_knows_all_that_it_is_asked(sent: Sent) -> None:
    assert sent.server.unknown == []


def test_the_metric_of_the_sweep_that_wandb_steers_is_a_number_of_the_summary(sent: Sent) -> None:
    metric = yaml.safe_load(SWEEP.read_text())["metric"]
    assert isinstance(sent.run.summary[metric["name"]], int | float)
    assert sent.run.logged(metric["name"])


def test_the_same_command_again_goes_on_in_the_same_run(sent: Sent, tmp_path: Path) -> None:
    before, lines = sent.run.begun, len(sent.run.history)
    assert launch(tmp_path, *TRACKED, *ARM).code == 0
    assert (len(sent.server.runs), sent.run.begun) == (1, before + 1)
    assert len(sent.run.history) == 2 * lines


def test_a_run_that_diverges_arrives_as_failed(server: Loopback, tmp_path: Path) -> None:
    diverging = "norm._target_=tests.tasks.faulty.Diverging"
    ended = launch(tmp_path, *TRACKED, diverging, "group=diverging")
    (run,) = [run for run in server.runs.values() if run.facts["groupName"] == "diverging"]
    assert (ended.code, run.exit_code) == (3, 1)


def test_an_offline_run_arrives_later_as_it_would_have_at_once(sent: Sent, tmp_path: Path) -> None:
    ended = launch(tmp_path, *TRACKED, *ARM, "logger.mode=offline")
    assert ended.code == 0, ended.err
    (folder,) = only_run(tmp_path).glob("wandb/offline-run-*")
    with Loopback(sent.key) as other:
        synchronise(folder, other)
        late, soon = other.only(), sent.run
        assert (late.facts["groupName"], late.summary["val/loss"]) == (
            soon.facts["groupName"],
            pytest.approx(soon.summary["val/loss"]),
        )
        assert own(late.config) == own(soon.config)
        for name in ("train/loss", "val/loss", "val/bleu", "test/bleu"):
            count = len(late.logged(name))
            assert late.logged(name) == soon.logged(name)[:count]
        assert other.tables == sent.server.tables


def own(config: dict[str, Any]) -> dict[str, Any]:
    """The columns that we made."""
    return {name: value for name, value in config.items() if name != "_wandb"}


def synchronise(folder: Path, server: Loopback) -> None:
    """Send an offline run as a user does."""
    command = [sys.executable, "-m", "wandb", "sync", str(folder)]
    key = os.environ["WANDB_API_KEY"]
    environment = {"WANDB_BASE_URL": server.url, "WANDB_API_KEY": key, "HOME": str(folder)}
    subprocess.run(command, cwd=folder, env=environment, check=True, timeout=60)
