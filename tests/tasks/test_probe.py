"""`task=probe`: from the command line to a table and pictures in a folder."""

import csv
import json
from pathlib import Path

import pytest

from tests.options import names
from tests.tasks.launching import TINY, Ended, launch, only_run

ROOT = Path(__file__).parent.parent.parent
# The catalogue of all norms has a test of its own.
PROBES = sorted(set(names("probe")) - {"catalogue"})
PICTURES = {
    "attention": {"attention-cross", "attention-decoder", "attention-encoder"},
    "dependency": {"dependency"},
    "fills": {"figure"},
    "flow": {"flow"},
}


def probed(folder: Path, *arguments: str) -> Ended:
    ended = launch(folder, "task=probe", *TINY, "examined_batches=2", *arguments)
    assert ended.code == 0, ended.out + ended.err
    return ended


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize("name", PROBES)
def test_a_probe_leaves_a_table_and_its_pictures_in_both_formats(name: str, tmp_path: Path) -> None:
    probed(tmp_path, f"probe={name}")
    folder = only_run(tmp_path)
    assert len(table(folder)) > 1
    pictures = {path.name for path in folder.iterdir() if path.suffix in (".svg", ".png")}
    expected = PICTURES.get(name, set())
    assert pictures == {f"{one}{ending}" for one in expected for ending in (".svg", ".png")}


def test_the_card_of_the_norm_that_was_asked_for_is_printed(tmp_path: Path) -> None:
    said = probed(tmp_path, "norm=instance", "probe.cost=false").out
    line = next(line for line in said.splitlines() if "with a cache" in line)
    assert "no" in line.split("│")[2]


def test_a_trained_model_is_examined_with_its_own_weights(trained: Path, tmp_path: Path) -> None:
    overrides = ("task=probe", "probe=leakage", "examined_batches=1")
    assert launch(tmp_path, *overrides, f"run={trained}").code == 0
    changes = {row["edit"]: row["largest_change"] for row in table(only_run(tmp_path))}
    other = tmp_path / "untrained"
    other.mkdir()
    probed(other, "probe=leakage", "examined_batches=1")
    assert changes != {row["edit"]: row["largest_change"] for row in table(only_run(other))}


def test_what_was_found_is_published_where_that_is_asked(tmp_path: Path) -> None:
    probed(tmp_path, "probe=fills", "publish=place")
    found = only_run(tmp_path)
    for name in ("results.csv", "figure.svg", "figure.png"):
        assert (tmp_path / "place" / name).read_bytes() == (found / name).read_bytes()


def test_a_probe_is_no_run_that_another_task_could_take_for_the_newest(tmp_path: Path) -> None:
    probed(tmp_path, "probe=fills")
    ended = launch(tmp_path, "task=evaluate", "run=last")
    assert (ended.code, "holds no run folder" in ended.err) == (2, True)


def test_versions_and_configuration_stand_beside_the_table(tmp_path: Path) -> None:
    probed(tmp_path, "probe=fills")
    facts = json.loads((only_run(tmp_path) / "versions.json").read_text(encoding="utf-8"))
    assert facts["torch"] and facts["config"]["probe"]["seed"] == 0


def test_a_probe_without_its_task_is_refused(tmp_path: Path) -> None:
    ended = launch(tmp_path, "probe=card")
    assert (ended.code, "add task=probe" in ended.err) == (2, True)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", ["dependency", "fills"])
def test_an_experiment_of_probes_composes_its_task(name: str, tmp_path: Path) -> None:
    ended = launch(tmp_path, f"experiment={name}", "--cfg", "job", "--resolve")
    assert ended.code == 0, ended.err
    assert "whynorm.tasks.probe.probe" in ended.out
