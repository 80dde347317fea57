"""Under which conditions two arms part: one comparison of many experiments, side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import TypeAdapter, ValidationError

from whynorm.results.cards import read as rows_of
from whynorm.results.claims import Entry, first_of
from whynorm.results.markdown import lines
from whynorm.results.measures import MISSING, number
from whynorm.results.wording import WORDS, digits, listed, placed

COMPARISONS, SETTINGS = "comparisons.csv", "experiment.yaml"
WHERE = "where"


class Map(Entry):
    """What is compared, in which metric, and in which experiments it is looked for.

    `arms` are the names that tables have for it, each with the words for where it stands.
    """

    metric: str
    against: str
    arms: dict[str, str]
    experiments: list[str]


class Place(NamedTuple):
    """One comparison: in which experiment, under which condition, and what was found.

    `difference`, `low` and `high` are None where every run diverged.
    """

    experiment: str
    condition: dict[str, str]
    arm: str
    where: str
    difference: float | None
    low: float | None
    high: float | None
    verdict: str


def read(path: Path) -> Map:
    """The map's file; ValueError where it is not as it should be."""
    try:
        return TypeAdapter(Map).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {first_of(error)}") from error


def places(asked: Map, experiments: Path) -> list[Place]:
    """What the published tables say, experiment by experiment; one without a table is left out.

    Raises ValueError where a table compares with something else.
    """
    published = [name for name in asked.experiments if (experiments / name / COMPARISONS).is_file()]
    return [place for name in published for place in _places(asked, experiments / name)]


def _places(asked: Map, folder: Path) -> list[Place]:
    """What one experiment's table says."""
    compare = yaml.safe_load((folder / SETTINGS).read_text(encoding="utf-8"))["compare"]
    contrast, baseline = compare["contrast"], compare["baseline"]
    if baseline != asked.against:
        raise ValueError(
            f"experiments/{folder.name} compares with {baseline}, and the map with "
            f"{asked.against}: take it out of the map"
        )
    rows = rows_of(folder / COMPARISONS)
    found = [row for row in rows if row["metric"] == asked.metric and row[contrast] in asked.arms]
    return [_place(row, contrast, folder.name, asked) for row in found]


def _place(row: dict[str, str], contrast: str, experiment: str, asked: Map) -> Place:
    """One row as a place; a swept key called `where` says where the arm stands."""
    keys = [key for key in list(row)[: list(row).index("metric")] if key != contrast]
    where = row[WHERE] if WHERE in keys else asked.arms[row[contrast]]
    return Place(
        experiment,
        {key: row[key] for key in keys if key != WHERE},
        row[contrast],
        where,
        number(row["difference"]),
        number(row["low"]),
        number(row["high"]),
        row["verdict"],
    )


def counted(found: Sequence[Place]) -> str:
    """How often each verdict was found, for each place of the arm: a sentence for a README."""
    told = []
    for where in dict.fromkeys(place.where for place in found):
        here = [place.verdict for place in found if place.where == where]
        words = [f"{WORDS[one]} in {here.count(one)}" for one in WORDS if one in here]
        told.append(f"{where}: {listed(words)} of {len(here)} conditions")
    return "; ".join(told) + "."


def markdown(asked: Map, found: Sequence[Place]) -> str:
    """The map as Markdown: the counts, then a line for each condition."""
    titles = ["experiment", "condition", "where", "difference", "95 % interval", "verdict"]
    body = [_line(place, asked.metric) for place in found]
    return "\n".join([counted(found), "", *lines(titles, body)])


def _line(place: Place, metric: str) -> list[str]:
    """The cells of one place."""
    link = f"[{place.experiment}](../{place.experiment}/README.md)"
    told = [placed(place.condition), place.where]
    if place.difference is None or place.low is None or place.high is None:
        return [link, *told, MISSING, MISSING, WORDS[place.verdict]]
    size = digits(place.difference, metric, signed=True)
    interval = f"{digits(place.low, metric)} to {digits(place.high, metric)}"
    return [link, *told, size, interval, WORDS[place.verdict]]
