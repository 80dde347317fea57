"""A signal stops a run between two updates; it says so, and the run goes on bit for bit."""

import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.places import Signal, trap
from tests.faults.trial import begun, ended, results, run_folder, train, words

pytestmark = pytest.mark.long

Whole = Callable[[str], dict[str, bytes]]
CODES = {signal.SIGTERM: 143, signal.SIGUSR1: 143, signal.SIGINT: 130}
PROMPTLY_SECONDS = 2.0


@dataclass(frozen=True)
class Dawdle:
    """A place takes ten seconds, and says that it has been reached."""

    place: str
    reached: str

    def __call__(self) -> None:
        """Lay the trap in this process."""
        trap(self.place, 1, self.spring)

    def spring(self) -> None:
        """Take the time."""
        Path(self.reached).touch()
        end = time.monotonic() + 10
        while time.monotonic() < end:
            time.sleep(0.01)


@dataclass(frozen=True)
class Both:
    """Two things happen."""

    one: Callable[[], None]
    other: Callable[[], None]

    def __call__(self) -> None:
        """Lay both traps."""
        self.one()
        self.other()


def state(folder: Path) -> str:
    return json.loads((run_folder(folder) / "status.json").read_text())["state"]


@pytest.mark.parametrize("number", CODES)
def test_a_signal_stops_a_run_which_goes_on_bit_for_bit(
    tmp_path: Path, whole: Whole, number: int
) -> None:
    stopped = train(tmp_path, words("plain"), Signal("a batch", 6, number))
    assert (stopped.code, state(tmp_path)) == (CODES[signal.Signals(number)], "interrupted")
    assert (train(tmp_path, words("plain")).code, results(tmp_path)) == (0, whole("plain"))


def test_a_signal_lets_the_update_be_finished(tmp_path: Path) -> None:
    said = train(tmp_path, words("plain"), Signal("a batch", 6, signal.SIGTERM)).said
    lines = (run_folder(tmp_path) / "batches.tsv").read_text().splitlines()
    assert "stopping after this update" in said
    assert [line.split("\t")[0] for line in lines[1:]] == list("123456")


def test_the_state_of_the_stop_is_kept(tmp_path: Path) -> None:
    train(tmp_path, words("plain"), Signal("a batch", 6, signal.SIGTERM))
    assert train(tmp_path, words("plain")).said.splitlines()[1] == "goes on after update 6"


def test_a_signal_during_a_checkpoint_waits_until_it_is_whole(tmp_path: Path, whole: Whole) -> None:
    place = Signal("the renaming of a checkpoint", 4, signal.SIGTERM)
    assert train(tmp_path, words("plain"), place).code == 143
    assert (train(tmp_path, words("plain")).code, results(tmp_path)) == (0, whole("plain"))


def test_a_second_signal_ends_a_run_at_once(tmp_path: Path) -> None:
    twice = Signal("a batch", 2, signal.SIGTERM, again=True)
    slow = Dawdle("whynorm.training.module:TranslationModule.on_before_optimizer_step", "reached")
    assert train(tmp_path, words("plain"), Both(twice, slow)).code == -signal.SIGTERM


# A second counts here, and others may be at work.
@pytest.mark.parametrize(
    "place",
    [
        "whynorm.training.translation:corpus_scores",
        "whynorm.training.module:TranslationModule.validation_step",
        "whynorm.tasks.scoring:translate",
    ],
)
def test_a_validation_or_a_translation_is_stopped_within_two_seconds(
    tmp_path: Path, whole: Whole, place: str
) -> None:
    reached = tmp_path / "reached"
    process = begun(tmp_path, words("plain"), Dawdle(place, str(reached)))
    while not reached.exists():
        assert process.is_alive()
        time.sleep(0.01)
    begin = time.monotonic()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGTERM)
    code = ended(process, tmp_path).code
    assert (code, time.monotonic() - begin < PROMPTLY_SECONDS) == (143, True)
    assert (train(tmp_path, words("plain")).code, results(tmp_path)) == (0, whole("plain"))
