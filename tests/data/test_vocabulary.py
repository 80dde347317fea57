import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from whynorm.data.bpe import bpe
from whynorm.data.cache import MakeVocabularies, remembered
from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import Vocabularies
from whynorm.data.words import words

PAIRS = [Pair(f"Der Hund {n} schläft.", f"The dog {n} sleeps.") for n in range(20)]
TEXT = "Der Hund 3 schläft."
KINDS: dict[str, MakeVocabularies] = {
    "words": partial(words, lower_case=True, minimum_count=2),
    "cased words": partial(words, lower_case=False, minimum_count=1),
    "joint byte pairs": partial(bpe, size=300, joint=True),
    "separate byte pairs": partial(bpe, size=300, joint=False),
}
kinds = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS.keys())


def sides(found: Vocabularies) -> list[object]:
    both = found.source, found.target
    return [found.joint, found.lower_case, *(v.state() for v in both), *map(len, both)]


@kinds
def test_saved_vocabularies_are_loaded_as_they_were(make: MakeVocabularies, tmp_path: Path) -> None:
    made = make(PAIRS)
    made.save(tmp_path / "vocabulary.json")
    assert sides(Vocabularies.load(tmp_path / "vocabulary.json")) == sides(made)


def test_a_joint_vocabulary_is_still_one_after_loading(tmp_path: Path) -> None:
    KINDS["joint byte pairs"](PAIRS).save(tmp_path / "vocabulary.json")
    found = Vocabularies.load(tmp_path / "vocabulary.json")
    assert found.source is found.target


def test_saving_leaves_one_file_and_replaces_an_older_one(tmp_path: Path) -> None:
    for make in KINDS.values():
        make(PAIRS).save(tmp_path / "vocabulary.json")
    assert [path.name for path in tmp_path.iterdir()] == ["vocabulary.json"]


def test_a_save_that_fails_leaves_the_older_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "vocabulary.json"
    KINDS["words"](PAIRS).save(path)
    before = path.read_text()

    def full(this: Path, text: str, encoding: str) -> None:
        this.write_bytes(text.encode()[:5])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="no space left"):
        KINDS["cased words"](PAIRS).save(path)
    assert path.read_text() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"joint": true, "source": {"class": "os.path.Nothing", "state": {}}}'],
)
def test_a_file_that_holds_no_vocabulary_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"vocabulary\.json holds no vocabulary .*; train again"):
        Vocabularies.load(path)


def test_a_file_cannot_name_a_class_that_is_no_vocabulary(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.json"
    entry = {"class": "pathlib.Path", "state": "/"}
    path.write_text(json.dumps({"joint": True, "source": entry}))
    with pytest.raises(ValueError, match=r"\(pathlib\.Path is no vocabulary\)"):
        Vocabularies.load(path)


def test_a_folder_without_a_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be read \(No such file or directory\); name a"):
        Vocabularies.load(tmp_path / "vocabulary.json")


class Counted:
    """Makes vocabularies and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, pairs: Sequence[Pair], *, minimum_count: int) -> Vocabularies:
        self.times += 1
        return words(pairs, lower_case=False, minimum_count=minimum_count)


COUNTED = Counted()


def counted(pairs: Sequence[Pair], *, minimum_count: int) -> Vocabularies:
    """A function, as the options of conf/ name one."""
    return COUNTED(pairs, minimum_count=minimum_count)


def made(make: MakeVocabularies, pairs: Sequence[Pair], folder: Path) -> int:
    """How often the vocabularies were made for one asking."""
    before = COUNTED.times
    remembered(make, pairs, folder)
    return COUNTED.times - before


def test_vocabularies_are_made_once_for_the_same_pairs_and_options(tmp_path: Path) -> None:
    make = partial(counted, minimum_count=1)
    assert [made(make, PAIRS, tmp_path) for _ in range(3)] == [1, 0, 0]


@kinds
def test_remembered_vocabularies_are_those_made(make: MakeVocabularies, tmp_path: Path) -> None:
    first, second = (remembered(make, PAIRS, tmp_path) for _ in range(2))
    assert sides(first) == sides(second)


def test_other_options_make_other_vocabularies(tmp_path: Path) -> None:
    counts = [made(partial(counted, minimum_count=n), PAIRS, tmp_path) for n in (1, 2, 1)]
    assert counts == [1, 1, 0]


def test_other_pairs_make_other_vocabularies(tmp_path: Path) -> None:
    make = partial(counted, minimum_count=1)
    assert [made(make, pairs, tmp_path) for pairs in (PAIRS, PAIRS[1:], PAIRS)] == [1, 1, 0]


def test_a_damaged_memory_is_made_anew(tmp_path: Path) -> None:
    make = partial(counted, minimum_count=1)
    made(make, PAIRS, tmp_path)
    [kept] = (tmp_path / "vocabularies").iterdir()
    kept.write_text("{")
    assert [made(make, PAIRS, tmp_path) for _ in range(2)] == [1, 0]


def test_what_is_no_function_with_plain_options_is_not_remembered(tmp_path: Path) -> None:
    given = KINDS["words"](PAIRS)

    def other(given: Vocabularies, pairs: Sequence[Pair]) -> Vocabularies:
        return given

    assert remembered(partial(other, given), PAIRS, tmp_path) is given
    assert not list(tmp_path.iterdir())


def test_a_memory_that_cannot_be_written_costs_a_warning(tmp_path: Path) -> None:
    (tmp_path / "vocabularies").write_text("a file where a folder should be")
    with pytest.warns(UserWarning, match="the vocabulary is not kept for the next run"):
        assert remembered(KINDS["words"], PAIRS, tmp_path).source.encode(TEXT)
