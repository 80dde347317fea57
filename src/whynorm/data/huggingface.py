"""Any translation set that the package `datasets` can load, from its hub or from a folder."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.files import assembled
from whynorm.data.parallel import Blank, Parallel, without_blanks

SAVED = "dataset_dict.json"


def huggingface(
    *,
    path: str | None,
    configuration: str | None,
    revision: str | None,
    source: str,
    target: str,
    splits: dict[str, str | None],
    held_out: float,
    blank: Blank,
) -> Corpus:
    """A corpus of the set's splits, named train, validation and, for tests, as one likes.

    A row holds {"translation": {source: ..., target: ...}}, or a column for each language. A split
    may be cut as `datasets` does, "train[:100000]"; one that is null is held out from train.
    """
    if path is None:
        raise ValueError(
            "data=huggingface has no data.corpus.path; name a set, as in "
            "data.corpus.path=wmt/wmt14 data.corpus.configuration=de-en"
        )
    if {"train", "validation"} - splits.keys() or not splits["train"]:
        raise ValueError(
            f"data.corpus.splits={splits} need train and validation; null holds the latter out"
        )
    read: dict[str, Parallel] = {}
    for name, split in splits.items():
        if split is not None:
            rows = _rows(path, configuration, revision, split)
            place = f"{path} ({split})"
            pairs = [_pair(row, source, target, place) for row in rows]
            read[name] = without_blanks(pairs, (place, place), blank=blank)
    return assembled(read, splits, (source, target), held_out=held_out)


def _rows(path: str, configuration: str | None, revision: str | None, split: str) -> Any:
    """The rows of a split; what `datasets` says of a wrong name is passed on in one sentence."""
    try:
        import datasets
    except ImportError as error:
        raise ValueError(
            'data=huggingface needs the package datasets; pip install "whynorm[huggingface]"'
        ) from error
    try:
        if (Path(path) / SAVED).exists():
            return datasets.load_from_disk(path)[split]
        return datasets.load_dataset(path, configuration, revision=revision, split=split)
    except Exception as error:  # `datasets` and its readers raise many unrelated kinds
        raise ValueError(
            f"{path} (configuration {configuration}, split {split}) could not be loaded: "
            f"{' '.join(str(error).split()) or type(error).__name__}; correct the names, or "
            "connect to the network"
        ) from error


def _pair(row: Mapping[str, Any], source: str, target: str, place: str) -> Pair:
    texts = row.get("translation", row)
    if source not in texts or target not in texts:
        raise ValueError(
            f"{place} has no {source}-{target} pairs; choose data.corpus.source and "
            f"data.corpus.target from {', '.join(sorted(texts))}"
        )
    return Pair(_line(texts[source]), _line(texts[target]))


def _line(text: str | None) -> str:
    """The text on one line; nothing is blank."""
    return re.sub(r"[\r\n]+", " ", text or "")
