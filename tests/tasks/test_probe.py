"""`task=probe`: from the command line to a table and pictures in a folder."""

import csv
import json
import shutil
from pathlib import Path

import pytest
from omegaconf import DictConfig, OmegaConf

from tests.options import names
from tests.tasks.launching import TINY, Ended, launch, only_run

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent.parent
# The catalogue of all norms has a test of its own.
PROBES = sorted(set(names("probe")) - {"catalogue"})
PICTURES = {
    "attention": {"attention-cross", "attention-decoder", "attention-encoder"},
    "dependency": {"dependency"},
    "fills": {"figure"},
    "flow": {"flow"},
    "tails": {"figure"},
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


@pytest.mark.parametrize("name", ["dependency", "fills", "tails"])
def test_an_experiment_of_probes_composes_its_task(name: str, tmp_path: Path) -> None:
    ended = launch(tmp_path, f"experiment={name}", "--cfg", "job", "--resolve")
    assert ended.code == 0, ended.err
    assert "whynorm.tasks.probe.probe" in ended.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("probe=leakage", "probe.positions=0"), "probe.positions=0"),
        (("probe=leakage", "probe.columns=0"), "probe.columns=0"),
        (("probe=statistics", "probe.momentum=2"), "probe.momentum=2"),
        (("probe=statistics", "probe.passes=0"), "probe.passes=0"),
        (("probe=dependency", "probe.sentences=0"), "probe.sentences=0"),
        (("examined_batches=0",), "examined_batches=0"),
        (("publish=/dev/null/place",), "publish=/dev/null/place: nothing can be written"),
        (("probe=catalogue", "probe.truth=nowhere.csv"), "there is no such table"),
        (("training.observe_every=0",), "training.observe_every=0 is too small"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_a_probe_cannot_answer_is_refused_and_leaves_nothing(
    words: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    ended = launch(tmp_path, "task=probe", *words)
    assert (ended.code, ended.err.startswith(said) or said in ended.err) == (2, True), ended.err
    assert not list(tmp_path.rglob("status.json"))


def test_the_card_of_a_run_is_that_of_its_norms_and_says_so(tmp_path: Path) -> None:
    trained = launch(tmp_path, "norm=batch", "norm@decoder_norm=layer", *TINY, "decoding.beam=1")
    assert trained.code == 0
    out = launch(tmp_path, "task=probe", "run=last", "probe.cost=false", "publish=found").out
    assert "batch (decoder: layer)" in out
    rows = {row["question"]: row for row in table(tmp_path / "found")}
    others = next(row for question, row in rows.items() if "other sentences of" in question)
    assert (others["encoder"], others["decoder"]) == ("yes", "no")
    facts = json.loads((next(tmp_path.glob("runs/probes/*/versions.json"))).read_text())
    assert "BatchNorm" in facts["config"]["norm"]["_target_"]


def test_a_run_from_before_an_option_existed_can_be_examined(trained: Path, tmp_path: Path) -> None:
    older = tmp_path / "older"
    shutil.copytree(trained, older)
    config = OmegaConf.load(older / "config.yaml")
    assert isinstance(config, DictConfig)
    del config.training.observe, config.qk_norm
    OmegaConf.save(config, older / "config.yaml")
    assert launch(tmp_path, "task=probe", "probe=flow", f"run={older}").code == 0


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep of two norms and two seeds."""
    folder = tmp_path_factory.mktemp("swept")
    ended = launch(folder, "-m", *TINY, "threads=1", "norm=layer,instance", "seed=1,2")
    assert ended.code == 0, ended.out + ended.err
    return folder


def test_every_run_of_a_sweep_is_examined_and_means_over_seeds_are_taken(swept: Path) -> None:
    ended = launch(
        swept, "task=probe", "probe=foresight", "runs=runs/grammar", "examined_batches=1"
    )
    assert ended.code == 0, ended.out + ended.err
    [folder] = (swept / "runs/probes").glob("*foresight")
    rows = table(folder)
    places = [(row["norm"], row["seed"], row["norms"]) for row in rows]
    assert len(set(places)) == len(places) == 8
    means = (folder / "means.md").read_text(encoding="utf-8")
    assert means.splitlines()[0] == (
        "| norm | norms | loss | loss prefix alone | loss other words |"
    )
    assert len(means.splitlines()) == 2 + 4 and means.strip() in ended.out


def test_rows_of_a_run_can_be_taken_together_in_the_means(swept: Path) -> None:
    asked = ("task=probe", "probe=statistics", "runs=runs/grammar", "examined_batches=2")
    wrong = launch(swept, *asked, "averaged=[norm]", "name=wrong")
    assert wrong.code == 2 and "averaged=norm: the probe has no such column" in wrong.err
    ended = launch(swept, *asked, "averaged=['norm (probed)']", "name=together")
    assert ended.code == 0, ended.out + ended.err
    [folder] = (swept / "runs/probes").glob("*together")
    means = (folder / "means.md").read_text(encoding="utf-8")
    assert means.startswith("| norm | batches | skipped | population | ")
    assert len(means.splitlines()) == 2 + 2 * 2


def test_a_probe_examines_one_run_or_a_sweep(swept: Path) -> None:
    ended = launch(swept, "task=probe", "run=last", "runs=runs/grammar")
    assert ended.code == 2 and "examine one of them" in ended.err


def test_a_folder_without_a_sweep_is_not_examined(tmp_path: Path) -> None:
    ended = launch(tmp_path, "task=probe", "runs=runs/nowhere")
    assert ended.code == 2 and "no run of a sweep is done there" in ended.err
    assert not list(tmp_path.iterdir())
