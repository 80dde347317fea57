"""Run folders as plain values: what was asked, what came of it, and with what."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas
import yaml

ENDED = ("done", "diverged", "failed")
WAITING = "waiting"


class Run(NamedTuple):
    """One run of a sweep.

    `swept` names its place in the sweep: the value, as text, of every key in which the runs of the
    sweep differ, the arm's name and the seed among them. `config` is flat, with dotted names;
    choices of groups stand in it under the group's name.
    """

    folder: Path
    swept: dict[str, str]
    state: str  # waiting, running, done, diverged, failed or interrupted
    reason: str
    seconds: float
    config: dict[str, Any]
    scores: dict[str, Any]
    versions: dict[str, Any]
    curve: pandas.DataFrame  # metrics.csv: a row for each logged update
    translations: pandas.DataFrame  # texts under: test set, source, reference, greedy ...


class Question(NamedTuple):
    """What an experiment asks, from the section `compare` of its file."""

    name: str
    question: str
    claims: list[int]
    contrast: str  # the swept key whose values are compared
    baseline: str  # the value that the others are compared with
    factor: str | None  # the swept key with numbers that is drawn along an axis
    metric: str  # what decides: a column of the table
    beside: list[str]  # further columns to compare
    margin: float  # the smallest difference in `metric` that matters
    not_shown: str
    observed: dict[str, str]  # further columns of the summary: their names, and what was logged


def read(folder: Path, swept: Mapping[str, str]) -> Run:
    """The run in that folder, as far as it has come."""
    status = _json(folder / "status.json")
    return Run(
        folder,
        dict(swept),
        state=status.get("state", WAITING),
        reason=status.get("reason", ""),
        seconds=float(status.get("seconds", 0.0)),
        config=flat(_yaml(folder / "config.yaml")),
        scores=_json(folder / "scores.json"),
        versions={"begun": status.get("begun", ""), **_json(folder / "versions.json")},
        curve=_table(folder / "metrics.csv", ","),
        translations=_table(folder / "translations.tsv", "\t"),
    )


def flat(node: Any, place: str = "") -> dict[str, Any]:
    """Every value below the node under its dotted name; choices under the name of their group."""
    if not isinstance(node, Mapping):
        return {place: node}
    found: dict[str, Any] = {}
    for key, below in node.items():
        inside = "" if not place and key == "choices" else f"{place}.{key}" if place else str(key)
        found.update(flat(below, inside))
    return found


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _yaml(path: Path) -> dict[str, Any]:
    """The plain values of a file; ValueError where it holds anything else."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    except yaml.YAMLError as error:
        raise ValueError(f"{path} holds more or less than plain values") from error


def _table(path: Path, separator: str) -> pandas.DataFrame:
    """The table in a file; empty where there is none, or where a kill left nothing in it."""
    if not path.exists() or not path.stat().st_size:
        return pandas.DataFrame()
    text = {"dtype": str, "keep_default_na": False, "quoting": 3} if separator == "\t" else {}
    return pandas.read_csv(path, sep=separator, **text)
