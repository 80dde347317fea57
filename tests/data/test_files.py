import gzip
import random
from pathlib import Path
from typing import Any

import pytest

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.files import files

GERMAN = [f"Satz {number}." for number in range(40)]
ENGLISH = [f"Sentence {number}." for number in range(40)]


def write(folder: Path, name: str, lines: list[str]) -> str:
    path = folder / name
    data = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return str(path)


def pair_of_files(folder: Path, german: list[str], english: list[str]) -> list[str]:
    return [write(folder, "train.de", german), write(folder, "train.en", english)]


def read(train: str | list[str], **other: Any) -> Corpus:
    options = {"validation": None, "tests": {"test": None}, "held_out": 0.1, "blank": "drop"}
    return files(train=train, source="de", target="en", **{**options, **other})


def everything(corpus: Corpus) -> list[Pair]:
    return sorted(pair for split in corpus.splits.values() for pair in split)


def test_two_files_are_read_line_by_line(tmp_path: Path) -> None:
    corpus = read(pair_of_files(tmp_path, GERMAN, ENGLISH))
    assert everything(corpus) == sorted(map(Pair, GERMAN, ENGLISH))


@pytest.mark.parametrize("name", ["train.tsv", "train.tsv.gz"])
@pytest.mark.parametrize("listed", [True, False])
def test_a_table_holds_the_same_as_two_files(name: str, listed: bool, tmp_path: Path) -> None:
    path = write(tmp_path, name, [f"{a}\t{b}" for a, b in zip(GERMAN, ENGLISH, strict=True)])
    table, two = read([path] if listed else path), read(pair_of_files(tmp_path, GERMAN, ENGLISH))
    assert table.splits == two.splits


def test_each_split_may_have_its_own_files(tmp_path: Path) -> None:
    train = pair_of_files(tmp_path, GERMAN, ENGLISH)
    one, two = write(tmp_path, "v.tsv", ["a\tb"]), write(tmp_path, "t.tsv.gz", ["c\td"])
    corpus = read(train, validation=one, tests={"news": two})
    assert (corpus.validation, corpus.tests) == ([Pair("a", "b")], {"news": [Pair("c", "d")]})
    assert len(corpus.train) == 40


def test_splits_without_files_are_held_out_by_their_share(tmp_path: Path) -> None:
    corpus = read(pair_of_files(tmp_path, GERMAN, ENGLISH))
    assert {name: len(split) for name, split in corpus.splits.items()} == {
        "train": 32,
        "validation": 4,
        "test": 4,
    }
    assert corpus.notes["held out from train"] == "validation, test"


def test_what_is_held_out_does_not_depend_on_the_order_of_the_file(tmp_path: Path) -> None:
    order = list(range(40))
    random.Random(0).shuffle(order)
    first = read(pair_of_files(tmp_path, GERMAN, ENGLISH))
    shuffled = [GERMAN[n] for n in order], [ENGLISH[n] for n in order]
    second = read(pair_of_files(tmp_path, *shuffled))
    assert set(first.validation) == set(second.validation)


def test_held_out_splits_share_no_source_sentence_with_training(tmp_path: Path) -> None:
    english = [f"{text} {n}" for n in range(3) for text in ENGLISH]
    corpus = read(pair_of_files(tmp_path, GERMAN * 3, english))
    train, validation, test = ({pair.source for pair in s} for s in corpus.splits.values())
    assert not train & validation | train & test | validation & test
    assert len(corpus.validation) == 3 * len(validation)


def test_a_pair_knows_its_file_and_line_after_holding_out_and_dropping(tmp_path: Path) -> None:
    german = [*GERMAN[:10], " ", *GERMAN[10:]]
    english = [*ENGLISH[:10], "x", *ENGLISH[10:]]
    corpus = read(pair_of_files(tmp_path, german, english))
    for name, split in corpus.splits.items():
        for number, pair in enumerate(split):
            line = german.index(pair.source) + 1
            assert corpus.place(name, number) == f"{tmp_path}/train.de, line {line}"


@pytest.mark.parametrize("side", [0, 1])
def test_a_pair_with_a_blank_side_is_dropped_and_counted(side: int, tmp_path: Path) -> None:
    texts = [GERMAN.copy(), ENGLISH.copy()]
    texts[side][3], texts[side][7] = "", "\u00a0\t "
    corpus = read(pair_of_files(tmp_path, *texts))
    assert len(everything(corpus)) == 38
    assert corpus.notes["dropped as blank"] == "2 of train"


@pytest.mark.parametrize(("side", "name"), [(0, "train.de"), (1, "train.en")])
def test_a_blank_line_is_refused_by_file_and_line(side: int, name: str, tmp_path: Path) -> None:
    texts = [GERMAN.copy(), ENGLISH.copy()]
    texts[side][3] = " "
    with pytest.raises(ValueError, match=rf"{name}, line 4: blank .*corpus\.blank=drop"):
        read(pair_of_files(tmp_path, *texts), blank="refuse")


def test_a_file_of_blank_lines_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"train\.de has no pair without a blank side"):
        read(pair_of_files(tmp_path, ["", "x"], ["y", ""]))


def test_files_of_different_length_are_refused_with_both_counts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"train\.de has 40 lines and .*train\.en has 39; line n"):
        read(pair_of_files(tmp_path, GERMAN, ENGLISH[1:]))


@pytest.mark.parametrize(("row", "columns"), [("eins", 1), ("eins\tone\tmore", 3)])
def test_a_table_with_other_columns_is_refused(row: str, columns: int, tmp_path: Path) -> None:
    path = write(tmp_path, "train.tsv", ["a\tb", row])
    with pytest.raises(ValueError, match=rf"train\.tsv, line 2: {columns} columns; give two"):
        read(path)


def test_three_files_are_not_parallel() -> None:
    with pytest.raises(
        ValueError, match=r"are 3 files; give \[source file, target file\] or one tab"
    ):
        read(["a", "b", "c"])


def test_the_user_is_told_how_to_name_the_files() -> None:
    with pytest.raises(ValueError, match=r"no data\.corpus\.train; name yours, as in data\.corpus"):
        read("")


@pytest.mark.parametrize("share", [0.0, 1.0, -0.5])
def test_a_share_to_hold_out_lies_between_0_and_1(share: float, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=f"held_out={share} is no share between 0 and 1"):
        read(pair_of_files(tmp_path, GERMAN, ENGLISH), held_out=share)


def test_too_few_sentences_to_hold_any_out_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has 2 different source sentences, too few to hold 1 out"):
        read(pair_of_files(tmp_path, ["a", "b", "a"], ["x", "y", "z"]))


def test_a_share_is_not_asked_for_where_all_files_are_given(tmp_path: Path) -> None:
    path = write(tmp_path, "all.tsv", ["a\tb"])
    assert len(everything(read(path, validation=path, tests={}, held_out=0.0))) == 2


def test_the_hash_of_a_corpus_depends_on_each_sentence_and_on_the_splits(tmp_path: Path) -> None:
    pairs = list(map(Pair, GERMAN, ENGLISH))
    corpora = [
        Corpus(pairs, pairs[:1], {}, "de", "en"),
        Corpus(pairs[:-1], pairs[:1], {}, "de", "en"),
        Corpus(pairs, pairs[:2], {}, "de", "en"),
        Corpus(pairs, pairs[:1], {}, "en", "de"),
        Corpus([Pair("Satz 0.S", "entence 0."), *pairs[1:]], pairs[:1], {}, "de", "en"),
    ]
    assert len({corpus.sha256 for corpus in corpora}) == len(corpora)
    assert Corpus(list(pairs), pairs[:1], {}, "de", "en").sha256 == corpora[0].sha256
