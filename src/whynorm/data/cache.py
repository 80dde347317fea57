"""Vocabularies kept between runs, found again by what they were made of."""

import hashlib
import inspect
import json
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from whynorm.data.corpus import Pair, fingerprint
from whynorm.data.vocabulary import Vocabularies

MakeVocabularies = Callable[[Sequence[Pair]], Vocabularies]


def user_cache() -> Path:
    """The folder in which this user's programs keep what they can make again."""
    import pooch

    return Path(pooch.os_cache("whynorm"))


def remembered(make: MakeVocabularies, pairs: Sequence[Pair], folder: Path) -> Vocabularies:
    """What `make` makes of the pairs; the second time read from the folder.

    Found by the hash of the pairs, the options and the code that makes the vocabularies; made
    anew each time where `make` is no function with plain options. A folder that cannot be written
    costs a warning.
    """
    recipe = _recipe(make)
    if recipe is None:
        return make(pairs)
    key = hashlib.sha256(f"{recipe}\0{fingerprint(pairs)}".encode()).hexdigest()
    path = folder / "vocabularies" / f"{key}.json"
    found = _found(path)
    if found is None:
        found = make(pairs)
        _keep(found, path)
    return found


def _recipe(make: MakeVocabularies) -> str | None:
    """The function, its options and its source as text; None where they are more than text."""
    if not isinstance(make, partial) or make.args:
        return None
    try:
        options = json.dumps(make.keywords, sort_keys=True)
        code = inspect.getsource(inspect.getmodule(make.func) or make.func)
    except (TypeError, OSError):
        return None
    return f"{make.func.__module__}.{make.func.__qualname__}\0{options}\0{code}"


def _found(path: Path) -> Vocabularies | None:
    """The vocabularies in a file; None where it is missing or damaged, to be made anew."""
    try:
        return Vocabularies.load(path)
    except ValueError:
        return None


def _keep(vocabularies: Vocabularies, path: Path) -> None:
    try:
        vocabularies.save(path)
    except OSError as error:
        warnings.warn(f"the vocabulary is not kept for the next run: {error}", stacklevel=3)
