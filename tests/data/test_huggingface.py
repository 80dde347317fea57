import builtins
import json
from pathlib import Path
from typing import Any

import pytest

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.huggingface import huggingface

ROWS = [(f"Satz {n}", f"Sentence {n}") for n in range(20)]
ALL = {"train": "train", "validation": "validation", "test": "test"}


def read(path: Path | str | None, **other: Any) -> Corpus:
    options = {"configuration": None, "revision": None, "held_out": 0.1, "blank": "drop"}
    languages = {"source": "de", "target": "en"}
    return huggingface(
        path=None if path is None else str(path), **{**options, **languages, "splits": ALL, **other}
    )


def write(folder: Path, splits: dict[str, list[dict[str, Any]]]) -> Path:
    for name, rows in splits.items():
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return folder


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra huggingface is not installed")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path_factory.mktemp("cache"))


def nested(rows: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"translation": {"de": german, "en": english}} for german, english in rows]


def columns(rows: list[tuple[str, str]]) -> list[dict[str, Any]]:
    return [{"id": n, "en": english, "de": german} for n, (german, english) in enumerate(rows)]


SPLIT = {"train": ROWS[:10], "validation": ROWS[10:14], "test": ROWS[14:]}


@pytest.mark.parametrize("form", [nested, columns])
def test_rows_may_hold_a_translation_or_a_column_a_language(form: Any, tmp_path: Path) -> None:
    corpus = read(write(tmp_path, {name: form(rows) for name, rows in SPLIT.items()}))
    assert {name: [tuple(pair) for pair in pairs] for name, pairs in corpus.splits.items()} == SPLIT


def test_the_direction_is_chosen_by_the_languages(tmp_path: Path) -> None:
    write(tmp_path, {name: nested(rows) for name, rows in SPLIT.items()})
    corpus = read(tmp_path, source="en", target="de")
    assert corpus.train[0] == Pair("Sentence 0", "Satz 0")


def test_a_set_that_was_saved_to_disk_is_read(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    parts = {n: datasets.Dataset.from_list(nested(rows)) for n, rows in SPLIT.items()}
    datasets.DatasetDict(parts).save_to_disk(str(tmp_path / "saved"))
    assert len(read(tmp_path / "saved").train) == 10


def test_a_split_may_be_cut(tmp_path: Path) -> None:
    write(tmp_path, {name: nested(rows) for name, rows in SPLIT.items()})
    assert len(read(tmp_path, splits={**ALL, "train": "train[:3]"}).train) == 3


def test_a_missing_split_is_held_out(tmp_path: Path) -> None:
    write(tmp_path, {"train": nested(ROWS)})
    corpus = read(tmp_path, splits={"train": "train", "validation": None, "test": None})
    assert [len(split) for split in corpus.splits.values()] == [16, 2, 2]


def test_a_row_without_text_is_blank(tmp_path: Path) -> None:
    rows = [*columns(ROWS[:3]), {"de": "Satz", "en": None}]
    write(tmp_path, {"train": rows, "validation": rows, "test": rows})
    assert read(tmp_path).notes["dropped as blank"] == "1 of train, 1 of validation, 1 of test"


def test_a_blank_row_is_refused_by_its_number(tmp_path: Path) -> None:
    rows = [*columns(ROWS[:3]), {"de": "", "en": "Sentence"}]
    write(tmp_path, {"train": rows, "validation": rows, "test": rows})
    with pytest.raises(ValueError, match=r"\(train\), line 4: blank source"):
        read(tmp_path, blank="refuse")


def test_a_line_break_does_not_end_a_sentence(tmp_path: Path) -> None:
    rows = columns([("ein\nSatz", "a\r\nsentence")])
    write(tmp_path, {"train": rows, "validation": rows, "test": rows})
    assert read(tmp_path).train == [Pair("ein Satz", "a sentence")]


def test_languages_that_are_not_there_are_refused_with_those_that_are(tmp_path: Path) -> None:
    write(tmp_path, {name: nested(rows) for name, rows in SPLIT.items()})
    with pytest.raises(
        ValueError, match=r"no fr-en pairs; choose .*source and .*target from de, en"
    ):
        read(tmp_path, source="fr")


def test_a_split_that_is_not_there_is_refused(tmp_path: Path) -> None:
    write(tmp_path, {"train": nested(ROWS)})
    with pytest.raises(
        ValueError, match=r"split validation.* could not be loaded: .*; correct the"
    ):
        read(tmp_path)


def test_a_set_that_is_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere .* could not be loaded: .*; correct the names"):
        read(tmp_path / "nowhere")


def test_the_user_is_told_how_to_name_a_set() -> None:
    with pytest.raises(
        ValueError, match=r"no data\.corpus\.path; name a set, as in data\.corpus\.pa"
    ):
        read(None)


def test_train_and_validation_must_be_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="need train and validation; null holds the latter out"):
        read(tmp_path, splits={"train": "train"})


def test_without_the_package_its_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "datasets":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(
        ValueError, match=r'needs the package datasets; pip install "whynorm\[huggin'
    ):
        read(tmp_path)
