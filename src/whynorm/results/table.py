"""A sweep as a table: a row for each run, and what a comparison needs to know of it."""

import csv
import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas

from whynorm.results.runs import Run, read

PLAN = "sweep.csv"
PLAN_COLUMNS = ["hash", "folder", "state", "seconds", "reason"]
COLUMNS = [
    "state",
    "updates",
    "target_tokens",
    "tokens_per_batch",
    "learning_rate",
    "seconds",
    "leaking",
    "train_loss",
    "val_loss",
    "test_loss",
    "bleu",
    "chrf",
    "exact_match",
]
PERCENT = 100.0


def sweep(place: Path) -> list[Run]:
    """The runs that the sweep in that folder planned, as far as they have come.

    Raises ValueError where there is no plan.
    """
    path = place / PLAN
    if not path.is_file():
        raise ValueError(f"{place} holds no sweep: there is no {PLAN} in it")
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [
        read(place / row["folder"], {k: v for k, v in row.items() if k not in PLAN_COLUMNS})
        for row in rows
    ]


def table(runs: Sequence[Run], observed: Mapping[str, str]) -> pandas.DataFrame:
    """A row for each run: its place in the sweep as text, then what became of it.

    Losses are in nats per real target token with the right history given, BLEU, chrF and exact
    match in percent, of the model's own greedy translations of the first test set. What was
    `observed` follows, a column for each name: see `logged`.
    """
    rows = [
        {**run.swept, **measured(run), **{k: logged(run, what) for k, what in observed.items()}}
        for run in runs
    ]
    return pandas.DataFrame(rows, columns=[*runs[0].swept, *COLUMNS, *observed])


def logged(run: Run, pattern: str) -> float:
    """The mean of the last values of all logged columns whose names match; NaN of none.

    In a pattern `*` stands for any text: `probe/flow/*/kurtosis` is the kurtosis of all layers.
    """
    found = [last(run.curve, name) for name in run.curve if fnmatchcase(name, pattern)]
    return sum(found) / len(found) if found else math.nan


def measured(run: Run) -> dict[str, Any]:
    """What a run found, as far as it came."""
    tests = list(run.scores.get("test", {}).values())
    test: dict[str, Any] = tests[0] if tests else {}
    greedy = test.get("greedy", {})
    updates, tokens = run.scores.get("updates", math.nan), run.scores.get("target_tokens", math.nan)
    return {
        "state": run.state,
        "updates": updates,
        "target_tokens": tokens,
        "tokens_per_batch": tokens / updates if updates else math.nan,
        "learning_rate": run.config.get("optimizer.lr", math.nan),
        "seconds": run.seconds,
        "leaking": run.scores.get("leaking", ""),
        "train_loss": last(run.curve, "train/loss"),
        "val_loss": last(run.curve, "val/loss"),
        "test_loss": test.get("loss", math.nan),
        "bleu": greedy.get("bleu", math.nan),
        "chrf": greedy.get("chrf", math.nan),
        "exact_match": PERCENT * greedy.get("exact_match", math.nan),
    }


def last(curve: pandas.DataFrame, column: str) -> float:
    """The last value that was logged; NaN if there is none."""
    values = curve[column].dropna() if column in curve else pandas.Series(dtype=float)
    return float(values.iloc[-1]) if len(values) else math.nan
