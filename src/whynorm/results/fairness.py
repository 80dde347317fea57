"""Whether runs may be compared: they differ in what was swept, and in nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from whynorm.results.runs import Run

# What runs are called, and where their numbers go, changes no number.
NAMES = ("arm", "name", "tags", "compare", "group")
DESTINATIONS = "logger"


class Difference(NamedTuple):
    """One key in which runs differ that were to be alike, with a run for each value."""

    key: str
    examples: dict[str, Path]

    def sentence(self) -> str:
        """The difference in words."""
        values = " against ".join(f"{v} in {folder.name}" for v, folder in self.examples.items())
        return f"{self.key} is {values}"


def unfair(
    runs: Sequence[Run], axes: Mapping[str, Sequence[str]], allowed: Iterable[str] = ()
) -> list[Difference]:
    """Every key in which the runs' configurations differ otherwise than their labels do.

    `axes` are the swept axes with the keys that their labels set; a group, such as `norm`, stands
    for all keys below it. A key has one value for one combination of the labels that set it; a key
    that no label sets has one value in all runs. Runs that have no configuration yet are passed
    over.
    """
    known = [run for run in runs if run.config]
    free = [*NAMES, DESTINATIONS, *allowed]
    found = []
    for key in dict.fromkeys(key for run in known for key in run.config):
        if any(covers(one, key) for one in free):
            continue
        setting = [axis for axis, keys in axes.items() if any(covers(one, key) for one in keys)]
        found += differences(known, key, setting)
    return found


def differences(runs: Sequence[Run], key: str, axes: Sequence[str]) -> list[Difference]:
    """Where runs with equal labels on these axes have other values of the key."""
    places: dict[tuple[str, ...], dict[str, Path]] = {}
    for run in runs:
        labels = tuple(run.swept[axis] for axis in axes)
        places.setdefault(labels, {}).setdefault(shown(run.config, key), run.folder)
    return [Difference(key, examples) for examples in places.values() if len(examples) > 1]


def shown(config: Mapping[str, Any], key: str) -> str:
    """A value as text; "nothing" where the configuration does not have the key."""
    return str(config[key]) if key in config else "nothing"


def covers(swept: str, key: str) -> bool:
    """True if a key that was swept is this one, or the section that it stands in."""
    plain = (swept.partition("@")[2].rpartition(".")[2] or swept).replace("/", ".")
    return key in (swept, plain) or key.startswith(f"{plain}.")


def unequal(runs: Sequence[Run], contrast: str) -> list[str]:
    """Sentences on results that rest on another number of updates or target tokens than others.

    Runs are held against those of the same place in the sweep but for the contrast.
    """
    found = []
    for fact in ("updates", "target_tokens", *tested(runs)):
        places: dict[tuple[str, ...], dict[Any, Path]] = {}
        for run in runs:
            if fact in run.scores:
                place = tuple(value for key, value in run.swept.items() if key != contrast)
                places.setdefault(place, {})[run.scores[fact]] = run.folder
        for values in places.values():
            if len(values) > 1:
                each = " against ".join(f"{n:,} in {path.name}" for n, path in values.items())
                found.append(f"{fact.replace('_', ' ')}: {each}")
    return found


def tested(runs: Sequence[Run]) -> list[str]:
    """The update whose weights were tested, where all were to be tested at the end."""
    last = all(run.config.get("training.tested") == "last" for run in runs if run.config)
    return ["tested_update"] if last else []


def different_data(runs: Sequence[Run]) -> list[str]:
    """Sentences on runs that ask for the same data and were given other data."""
    found: dict[str, dict[str, Path]] = {}
    for run in runs:
        if run.versions.get("data_sha256"):
            asked = str({key: value for key, value in run.config.items() if covers("data", key)})
            found.setdefault(asked, {})[str(run.versions["data_sha256"])[:12]] = run.folder
    return [
        "data: " + " against ".join(f"{sha} in {path.name}" for sha, path in each.items())
        for each in found.values()
        if len(each) > 1
    ]
