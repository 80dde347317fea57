"""What the experiments' tables say of a claim: the numbers of its answer, and whether it stands."""

from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import NamedTuple

import yaml

from whynorm.results.cards import read
from whynorm.results.claims import Cell, Claim, Ground, Verdict
from whynorm.results.marks import between
from whynorm.results.measures import MEASURES, brief, number, rounded

README, SETTINGS, TABLE = "README.md", "experiment.yaml", "results.csv"
STATISTICS = ("mean", "low", "high", "sd", "difference")


class Answered(NamedTuple):
    """A claim in one language, with the numbers in their places."""

    number: int
    verdict: Verdict
    claim: str
    measured: str
    answer: str
    experiments: list[str]
    figure: Path | None


class Source(NamedTuple):
    """An experiment that claims are held against.

    `facts` say with what it was run, `not_shown` what it does not show; both are empty where the
    folder does not tell. `state` is run, probed or waiting.
    """

    name: str
    claims: list[int]
    state: str
    facts: str
    not_shown: str


def answered(claims: Sequence[Claim], experiments: Path, language: str) -> list[Answered]:
    """The claims in a language, each held against the tables below `experiments`.

    Raises ValueError where a table does not have a number, or no longer says what a verdict rests
    on, and where a folder or a figure is missing.
    """
    return [_answered(claim, experiments, language) for claim in claims]


def sources(claims: Sequence[Claim], experiments: Path) -> list[Source]:
    """The experiments that claims name, in the order of the claims."""
    names = dict.fromkeys(name for claim in claims for name in claim.experiments)
    return [
        Source(
            name,
            [claim.number for claim in claims if name in claim.experiments],
            state(experiments / name),
            facts(experiments / name),
            not_shown(experiments / name),
        )
        for name in names
    ]


def state(folder: Path) -> str:
    """Whether an experiment was run; one that trains nothing is probed."""
    if not (folder / TABLE).exists():
        return "waiting"
    return "run" if facts(folder) else "probed"


def facts(folder: Path) -> str:
    """With what an experiment was run: the last paragraph of the answer in its README."""
    answer = between((folder / README).read_text(encoding="utf-8"), "answer")
    return (answer or "").rpartition("\n\n")[2]


def not_shown(folder: Path) -> str:
    """What an experiment does not show, as its settings say."""
    settings = yaml.safe_load((folder / SETTINGS).read_text(encoding="utf-8"))
    return settings.get("compare", {}).get("not_shown", "")


def found(experiments: Path, cell: Cell) -> str:
    """A number of a table as it is written in an answer."""
    rows = labelled(experiments, cell.table, cell.row)
    if len(rows) != 1:
        raise ValueError(
            f"{cell.table}: {len(rows)} rows have {placed(cell.row)}, and a number is taken from "
            f"one; its columns are {columns(rows) or columns(read(experiments / cell.table))}"
        )
    said = _cell(rows[0], cell.column, cell.table)
    value = number(said)
    if value is None:
        raise ValueError(
            f"{cell.table}: {cell.column} is '{said}' at {placed(cell.row)}: no number"
        )
    of = rows[0].get("metric", "") if cell.column in STATISTICS else cell.column
    signed = cell.column == "difference"
    decimals = MEASURES[of].decimals if of in MEASURES else None
    decimals = decimals if cell.decimals is None else cell.decimals
    return brief(value) if decimals is None else rounded(value, decimals, signed=signed)


def require(experiments: Path, ground: Ground) -> None:
    """Raise ValueError where a row says otherwise than a verdict needs, or is not there."""
    for labels in product(*ground.row.values()):
        place = dict(zip(ground.row, labels, strict=True))
        rows = labelled(experiments, ground.table, place)
        if not rows:
            raise ValueError(f"{ground.table} has no row with {placed(place)}")
        for row in rows:
            for column, allowed in ground.says.items():
                said = _cell(row, column, ground.table)
                if said not in allowed:
                    raise ValueError(
                        f"experiments/{ground.table} no longer says {column} = "
                        f"{' or '.join(allowed)} at {placed(place)}, but {said}: judge anew"
                    )


def labelled(experiments: Path, table: str, labels: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of a table below `experiments` that have these labels."""
    path = experiments / table
    if not path.is_file():
        raise ValueError(f"experiments/{table} is not there: publish what the experiment found")
    return [
        row
        for row in read(path)
        if all(_cell(row, name, table) == label for name, label in labels.items())
    ]


def columns(rows: Sequence[Mapping[str, str]]) -> str:
    """The names of the columns."""
    return ", ".join(rows[0]) if rows else ""


def placed(labels: Mapping[str, str]) -> str:
    """Labels in words: `arm = layer, metric = bleu`."""
    return ", ".join(f"{name} = {label}" for name, label in labels.items())


def _answered(claim: Claim, experiments: Path, language: str) -> Answered:
    """One claim, held against the tables; its number stands before every complaint."""
    try:
        for name in claim.experiments:
            for file in (README, SETTINGS):
                _require_file(experiments, f"{name}/{file}")
        for ground in claim.rests_on:
            require(experiments, ground)
        numbers = {name: found(experiments, cell) for name, cell in claim.numbers.items()}
        if claim.figure:
            _require_file(experiments, claim.figure)
    except ValueError as error:
        raise ValueError(f"claim {claim.number}: {error}") from error
    said = claim.said[language]
    return Answered(
        claim.number,
        claim.verdict,
        said.claim,
        said.measured,
        said.answer.format_map(numbers),
        claim.experiments,
        experiments / claim.figure if claim.figure else None,
    )


def _require_file(experiments: Path, name: str) -> None:
    if not (experiments / name).is_file():
        raise ValueError(f"experiments/{name} is not there")


def _cell(row: Mapping[str, str], column: str, table: str) -> str:
    if column not in row:
        raise ValueError(f"{table} has no column {column}; it has {', '.join(row)}")
    return row[column]
