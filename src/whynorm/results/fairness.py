"""Whether runs may be compared: they differ in what was swept, and in nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whynorm.results.runs import Run

# What runs are called, and where their numbers go, changes no number.
NAMES = {"arm", "name", "tags", "compare", "tune", "group"}
DESTINATIONS = "logger"


class Difference(NamedTuple):
    """One key in which runs differ that were to be alike, with a run for each value."""

    key: str
    examples: dict[str, Path]

    def sentence(self) -> str:
        """The difference in words."""
        values = " against ".join(f"{v} in {folder.name}" for v, folder in self.examples.items())
        return f"{self.key} is {values}"


def unfair(runs: Sequence[Run], swept: Iterable[str]) -> list[Difference]:
    """Every key, other than the swept ones, in which the runs' configurations differ.

    A swept group, such as `norm`, covers all keys below it. Runs that have no configuration yet
    are passed over.
    """
    covered = [*swept, *NAMES, DESTINATIONS]
    known = [run for run in runs if run.config]
    keys = dict.fromkeys(key for run in known for key in run.config)
    found = []
    for key in keys:
        examples = {shown(run.config, key): run.folder for run in reversed(known)}
        if len(examples) > 1 and not any(covers(one, key) for one in covered):
            found.append(Difference(key, dict(reversed(examples.items()))))
    return found


def shown(config: Mapping[str, Any], key: str) -> str:
    """A value as text; "nothing" where the configuration does not have the key."""
    return str(config[key]) if key in config else "nothing"


def covers(swept: str, key: str) -> bool:
    """True if a key that was swept is this one, or the section that it stands in."""
    plain = swept.partition("@")[2].rpartition(".")[2] or swept
    return key in (swept, plain) or key.startswith(f"{plain}.")


def updates_differ(runs: Sequence[Run], together: Sequence[str]) -> list[str]:
    """Sentences on finished runs that saw another number of updates or target tokens than others.

    `together` are the swept keys that may change the number of updates.
    """
    found = []
    for fact in ("updates", "target_tokens"):
        cells: dict[tuple[str, ...], dict[Any, Path]] = {}
        for run in runs:
            if fact in run.scores:
                place = tuple(run.swept[key] for key in together)
                cells.setdefault(place, {})[run.scores[fact]] = run.folder
        for values in cells.values():
            if len(values) > 1:
                each = " against ".join(f"{n:,} in {path.name}" for n, path in values.items())
                found.append(f"{fact.replace('_', ' ')} are {each}")
    return found
