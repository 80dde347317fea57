"""The user's own sentences: two parallel files a split, or one table."""

from collections.abc import Iterable

from whynorm.data.corpus import Corpus, Fact
from whynorm.data.parallel import Blank, Parallel, Paths, hold_out, read_pairs


def files(
    *,
    train: Paths | None,
    validation: Paths | None,
    tests: dict[str, Paths | None],
    source: str,
    target: str,
    held_out: float,
    blank: Blank,
) -> Corpus:
    """A corpus of [source file, target file] for each split, or of one file with two columns.

    A split that is null is held out from the training pairs: a share `held_out` of them for each.
    Raises ValueError for what is no text, or not parallel.
    """
    if not train:
        raise ValueError(
            "data=files has no data.corpus.train; name yours, as in "
            "data.corpus.train='[train.de,train.en]' or data.corpus.train=train.tsv"
        )
    wanted = {"train": train, "validation": validation, **tests}
    read = {name: read_pairs(paths, blank=blank) for name, paths in wanted.items() if paths}
    return assembled(read, wanted, (source, target), held_out=held_out)


def assembled(
    read: dict[str, Parallel],
    wanted: Iterable[str],
    languages: tuple[str, str],
    *,
    held_out: float,
) -> Corpus:
    """A corpus of the splits read, those missing held out from the one to train on."""
    missing = [name for name in wanted if name not in read]
    if missing:
        read = read | hold_out(read["train"], missing, held_out)
    pairs = {name: read[name].pairs for name in wanted}
    return Corpus(
        pairs.pop("train"),
        pairs.pop("validation"),
        pairs,
        *languages,
        notes=_notes(read, missing),
        places={name: split.place for name, split in read.items()},
    )


def _notes(read: dict[str, Parallel], missing: list[str]) -> dict[str, Fact]:
    notes: dict[str, Fact] = {}
    if blank := {name: split.dropped for name, split in read.items() if split.dropped}:
        notes["dropped as blank"] = ", ".join(f"{n:,} of {name}" for name, n in blank.items())
    if missing:
        notes["held out from train"] = ", ".join(missing)
    return notes
