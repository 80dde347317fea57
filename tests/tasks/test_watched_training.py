"""Our training while somebody looks, and the command that says how soon it is good."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from tests.options import CONF
from tests.tasks.launching import TINY, launch
from whynorm.benchmarks.given import Moment
from whynorm.tasks import watched_training
from whynorm.tasks.watched_training import Pauses, WatchedTraining

TOY = ("data=grammar", *TINY, "model.encoder_layers=1", "model.decoder_layers=1")


def looked(look: Callable[[Moment], bool], *words: str) -> list[Moment]:
    """The moments of a tiny training that is looked at after every second update."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=["group=x", "name=x", *TOY, *words])
    training, seen = WatchedTraining(config), list[Moment]()

    def seeing(moment: Moment) -> bool:
        seen.append(moment)
        return look(moment)

    training.train(every=2, threads=1, look=seeing)
    return seen


class Clock:
    """A clock that goes on by a second whenever it is read."""

    now = 0.0

    def perf_counter(self) -> float:
        self.now += 1.0
        return self.now


def test_training_is_looked_at_between_updates_and_after_the_last() -> None:
    moments = looked(lambda moment: False, "training.updates=5")
    assert [one.updates for one in moments] == [2, 4, 5]


def test_training_ends_when_a_look_says_so() -> None:
    assert [one.updates for one in looked(lambda moment: moment.updates == 4)] == [2, 4]


def test_the_clock_stops_during_a_look(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(watched_training, "time", clock)

    def pausing(moment: Moment) -> bool:
        clock.now += 100.0
        return False

    assert [one.seconds for one in looked(pausing)] == [1.0, 2.0, 3.0]


def test_an_update_of_several_batches_is_looked_at_once() -> None:
    moments = looked(lambda moment: False, "training.accumulate=2", "training.updates=4")
    assert [one.updates for one in moments] == [2, 4]


def test_a_look_that_never_comes_is_refused() -> None:
    with pytest.raises(ValueError, match=r"bench\.every=0 never looks"):
        Pauses(0, lambda moment: False)


@pytest.mark.long
def test_the_command_looks_at_ours_and_lets_the_notebook_train_by_turns(tmp_path: Path) -> None:
    small = ("vocabulary=bpe", "vocabulary.size=300")
    words = ("bench.every=3", "bench.sentences=8", "bench.threads=1", "bench.notebook.d_ff=8")
    ended = launch(tmp_path, "task=bench", "bench=quality", *TOY, *small, *words)
    assert ended.code == 0, ended.out + ended.err
    with (tmp_path / "benchmarks" / "quality" / "tutorial.csv").open(newline="") as table:
        rows = list(csv.DictReader(table))
    assert [row["updates"] for row in rows] == ["3", "6"]
    assert all(float(row["notebook_seconds"]) > 0 for row in rows)
