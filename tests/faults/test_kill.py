"""A run that is killed anywhere, and called again, ends as one that nothing disturbed."""

from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

from tests.faults.places import PLACES, HalfWritten, Signal
from tests.faults.trial import Happening, results, train, words

Whole = Callable[[str], dict[str, bytes]]

# Of these the quick suite tries the first.
QUICK = 1
KILLS: list[tuple[str, Happening]] = [
    ("plain", HalfWritten(5)),
    ("workers", Signal("a validation's batch", 1)),
    ("accumulated", Signal("a batch", 10)),
    ("epochs", Signal("an epoch's order", 3)),
    ("plain", Signal("a batch", 7)),
    ("plain", Signal("a batch", 1)),
    ("plain", Signal("an optimizer's step", 9)),
    ("plain", HalfWritten(1)),
    ("plain", Signal("the renaming of a checkpoint", 3)),
    ("plain", Signal("the manifest of a checkpoint", 6)),
    ("plain", Signal("the removal of a checkpoint", 2)),
    ("plain", Signal("the writing of metrics.csv", 8)),
    ("plain", Signal("the renaming of metrics.csv", 9)),
    ("plain", Signal("the renaming of batches.tsv", 1)),
    ("plain", Signal("a validation's batch", 1)),
    ("plain", Signal("a validation's translation", 2)),
    ("plain", Signal("the test's batch", 1)),
    ("plain", Signal("the test's translation", 1)),
    ("plain", Signal("the writing of scores", 1)),
    ("plain", Signal("the end", 1)),
    ("workers", Signal("a batch", 5)),
    ("accumulated", Signal("a batch", 13)),
    ("accumulated", Signal("a validation's translation", 2)),
    ("epochs", Signal("an optimizer's step", 8)),
    ("epochs", Signal("a validation's batch", 2)),
    ("epochs", Signal("the renaming of a checkpoint", 12)),
]


def name(value: object) -> str:
    return str(value)


def tried() -> list[ParameterSet]:
    """All of them, those marked long that the quick suite leaves out."""
    return [
        pytest.param(*kill, marks=[pytest.mark.long] if number >= QUICK else [])
        for number, kill in enumerate(KILLS)
    ]


@pytest.mark.parametrize(("way", "happens"), tried(), ids=name)
def test_a_run_that_is_killed_goes_on_bit_for_bit(
    tmp_path: Path, whole: Whole, way: str, happens: Happening
) -> None:
    killed = train(tmp_path, words(way), happens)
    assert killed.code == -9, killed.said
    resumed = train(tmp_path, words(way))
    assert (resumed.code, results(tmp_path) == whole(way)) == (0, True), resumed.said


def test_every_place_is_one_where_a_run_is_killed() -> None:
    assert {happens.place for _, happens in KILLS if isinstance(happens, Signal)} == set(PLACES) - {
        "the writing of a checkpoint"  # killed half-way instead
    }


@pytest.mark.long
def test_a_run_that_is_killed_twice_goes_on_bit_for_bit(tmp_path: Path, whole: Whole) -> None:
    for happens in (Signal("a batch", 4), Signal("a batch", 3)):
        assert train(tmp_path, words("plain"), happens).code == -9
    assert train(tmp_path, words("plain")).code == 0
    assert results(tmp_path) == whole("plain")


@pytest.mark.long
def test_a_run_that_is_killed_while_it_takes_up_its_numbers_keeps_them(
    tmp_path: Path, whole: Whole
) -> None:
    places = ("the writing of metrics.csv", "the renaming of batches.tsv")
    stops = [Signal("a batch", 8), *(Signal(place, 1) for place in places)]
    assert [train(tmp_path, words("plain"), one).code for one in stops] == [-9, -9, -9]
    assert train(tmp_path, words("plain")).code == 0
    assert results(tmp_path) == whole("plain")
