"""The embedded corpus, generated once for each of its options and then read again."""

import hashlib
import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from whynorm.data.corpus import Corpus, Pair
from whynorm.data.grammar import grammar

HERE = Path(__file__).parent


def generated(make: Callable[[], Corpus], folder: Path) -> Corpus:
    """The corpus that `make` makes; the grammar's is kept in the folder, for it takes seconds.

    Found again by its options and the code of this package; generated anew where the file is
    missing or damaged. Any other corpus is read from where it lies.
    """
    if not isinstance(make, partial) or make.func is not grammar or make.args:
        return make()
    path = folder / "corpora" / f"{key(make.keywords)}.json"
    found = _read(path)
    if found is None:
        found = make()
        _keep(found, path)
    return found


def key(options: dict[str, object]) -> str:
    """The hash of the options and of everything that could change what they mean."""
    digest = hashlib.sha256(json.dumps(options, sort_keys=True).encode())
    for source in sorted(HERE.rglob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _read(path: Path) -> Corpus | None:
    """The corpus in the file; None where there is none, or not the one that was kept."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        splits = {name: [Pair(*pair) for pair in pairs] for name, pairs in content["splits"]}
        train, validation = splits.pop("train"), splits.pop("validation")
        source, target = content["languages"]
        notes, lowest = content["notes"], content["lowest_loss"]
        corpus = Corpus(train, validation, splits, source, target, notes, lowest)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return corpus if corpus.sha256 == content["sha256"] else None


def _keep(corpus: Corpus, path: Path) -> None:
    """Write the corpus, and give it its name once it is whole; a closed folder is passed over."""
    content = {
        "sha256": corpus.sha256,
        "languages": [corpus.source_language, corpus.target_language],
        "notes": corpus.notes,
        "lowest_loss": corpus.lowest_loss,
        "splits": list(corpus.splits.items()),
    }
    temporary = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content), encoding="utf-8")
        temporary.replace(path)
    except OSError:
        return
