"""What the grammar generates is kept, and is the same when it is read again."""

from functools import partial
from pathlib import Path

import pytest

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.generation import generated, key
from whynorm.data.grammar import grammar

FEW = partial(grammar, pairs=400, held_out=20)


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("corpora/*"))


def test_what_is_read_again_is_what_was_generated(tmp_path: Path) -> None:
    first = generated(FEW, tmp_path)
    again = generated(FEW, tmp_path)
    assert again == first == FEW()
    assert len(kept(tmp_path)) == 1


def test_it_is_not_generated_a_second_time(tmp_path: Path) -> None:
    generated(FEW, tmp_path)
    (path,) = kept(tmp_path)
    before = path.stat().st_mtime_ns
    generated(FEW, tmp_path)
    assert path.stat().st_mtime_ns == before


def test_other_options_are_another_corpus(tmp_path: Path) -> None:
    one, other = (generated(partial(FEW, seed=seed), tmp_path) for seed in (0, 1))
    assert one != other
    assert key({"seed": 0}) != key({"seed": 1})


@pytest.mark.parametrize("damage", ["", "{", '{"splits": 1}', "[]"])
def test_a_damaged_file_is_made_anew(damage: str, tmp_path: Path) -> None:
    whole = generated(FEW, tmp_path)
    (path,) = kept(tmp_path)
    path.write_text(damage)
    assert generated(FEW, tmp_path) == whole
    assert len(path.read_text()) > 1000


def test_a_sentence_that_was_changed_in_the_file_is_not_believed(tmp_path: Path) -> None:
    whole = generated(FEW, tmp_path)
    (path,) = kept(tmp_path)
    path.write_text(path.read_text().replace(whole.train[0].target, "I have been changed ."))
    assert generated(FEW, tmp_path) == whole


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    closed = tmp_path / "file"
    closed.write_text("no folder")
    assert generated(FEW, closed) == FEW()


def test_a_corpus_that_is_not_generated_is_not_kept(tmp_path: Path) -> None:
    pairs = [Pair("eins", "one")]
    corpus = Corpus(pairs, pairs, {"test": pairs}, "de", "en")
    assert generated(lambda: corpus, tmp_path) is corpus
    assert kept(tmp_path) == []
