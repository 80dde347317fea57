"""`task=bench`: our training as a contender, and the command that measures it beside others."""

import csv
import json
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from tests.benchmarks.sentences import VOCABULARY, material
from tests.options import CONF
from tests.tasks.launching import TINY, launch, only_run
from whynorm.benchmarks.contest import Work
from whynorm.tasks.timed_training import TimedTraining

TOY = ("data=grammar", *TINY, "model.encoder_layers=1", "model.decoder_layers=1")
BENCH = ("task=bench", "bench=training", *TOY, "bench.threads=1", "bench.rounds=2")
SMALL = ("bench.random_sentences=8", "bench.bucketed_tokens=64", "bench.batches_per_round=1")
PEERS = "bench.peers=[nn_transformer,nobody]"


def settings(*words: str) -> dict[str, Any]:
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=["group=x", "name=x", *TOY, *words])
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items()}


@pytest.fixture
def ours(tmp_path: Path) -> TimedTraining:
    material().save(tmp_path / "material.json")
    contender = TimedTraining(settings(), tmp_path / "material.json")
    contender.prepare()
    return contender


@pytest.mark.parametrize("number", [0, 1, 2])
def test_ours_reads_the_batches_that_all_contenders_train_on(
    ours: TimedTraining, number: int
) -> None:
    ours.order.number = number
    read = list(ours.data.train_dataloader())
    expected = material().batches(number)
    assert len(read) == len(expected)
    for one, other in zip(read, expected, strict=True):
        assert torch.equal(one.source, other.source)
        assert torch.equal(one.target, other.target)


def test_ours_trains_on_every_real_target_token_of_a_round(ours: TimedTraining) -> None:
    work = ours.round(0)
    assert int(ours.module.target_tokens) == material().target_tokens(0) == work.units


def test_the_clock_runs_while_lightning_trains_and_no_longer(ours: TimedTraining) -> None:
    begun = perf_counter()
    work = ours.round(0)
    assert 0 < work.seconds < perf_counter() - begun


def test_the_weights_go_on_from_round_to_round(ours: TimedTraining) -> None:
    ours.round(0)
    after = {name: one.clone() for name, one in ours.module.model.named_parameters()}
    ours.module.make_optimizer = partial(torch.optim.SGD, lr=0.0)
    ours.round(1)
    now = dict(ours.module.model.named_parameters())
    assert [name for name, one in after.items() if not torch.equal(one, now[name])] == []


def test_ours_counts_a_shared_table_once(ours: TimedTraining) -> None:
    d_model = 16
    tables = ours.facts()["parameters"]
    ours.config = settings("model.embedding.tied=false")
    ours.prepare()
    untied = ours.facts()["parameters"]
    assert isinstance(untied, int)
    assert isinstance(tables, int)
    assert untied - tables == 2 * VOCABULARY * d_model + VOCABULARY


def test_a_contender_is_what_its_config_says(tmp_path: Path) -> None:
    material().save(tmp_path / "material.json")
    contender = TimedTraining(settings("norm=batch", "placement=pre"), tmp_path / "material.json")
    contender.prepare()
    assert "BatchNorm" in str(contender.module.model)
    assert isinstance(contender.round(0), Work)


def test_a_bench_that_is_not_named_is_refused_with_the_choices(tmp_path: Path) -> None:
    ended = launch(tmp_path, "task=bench", *TINY)
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert "task=bench measures what bench=… says: " in ended.err


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("bench")
    ended = launch(place, *BENCH, *SMALL, PEERS)
    assert ended.code == 0, ended.out + ended.err
    return place


@pytest.mark.long
def test_everyone_trains_on_both_batchings_in_every_round(measured: Path) -> None:
    with (measured / "benchmarks" / "training" / "tutorial.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if not row["absent"]]
    found = [row["contender"] for row in rows if row["round"] == "2"]
    names = [
        f"{who}, {lot}" for lot in ("random", "bucketed") for who in ("ours", "nn_transformer")
    ]
    assert found == [*names, "matrix products"]


@pytest.mark.long
def test_all_contenders_do_the_same_work(measured: Path) -> None:
    with (measured / "benchmarks" / "training" / "tutorial.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["unit"] == "target tokens"]
    work = {(row["round"], row["contender"].split(", ")[1], row["units"]) for row in rows}
    assert len(work) == 2 * 2


@pytest.mark.long
def test_a_peer_that_is_missing_is_told_on_the_page(measured: Path) -> None:
    page = (measured / "benchmarks" / "README.md").read_text()
    assert "nobody, random; nobody, bucketed: benchmarks.peers.nobody is not installed" in page


@pytest.mark.long
def test_the_run_folder_holds_what_was_published(measured: Path) -> None:
    kept, published = only_run(measured), measured / "benchmarks"
    name = Path("training") / "tutorial_one_thread.json"
    assert json.loads((kept / name).read_text()) == json.loads((published / name).read_text())


@pytest.mark.long
def test_a_result_says_when_where_with_what_and_how_it_was_measured(measured: Path) -> None:
    facts = json.loads((measured / "benchmarks" / "training" / "tutorial.json").read_text())
    wanted = {"date", "cpu", "cores", "threads", "versions", "commit", "command"}
    assert wanted | {"load_before", "load_after", "contenders", "absent"} <= facts.keys()
