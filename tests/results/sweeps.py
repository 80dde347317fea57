"""Sweeps made up for tests: tables and runs with numbers that the tests choose."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from whynorm.results.runs import Question, Run

QUESTION = Question(
    name="batch_size",
    question="Does batch norm need many sentences?",
    claims=[8],
    contrast="arm",
    baseline="layer",
    factor=None,
    metric="bleu",
    beside=[],
    margin=1.0,
    not_shown="other corpora",
    observed={},
)


def rows(metric: str, arm: str, numbers: Sequence[float], **place: Any) -> list[dict[str, Any]]:
    """Runs of an arm, one for each number, under seeds from 1; NaN is a diverged run."""
    return [
        {"arm": arm, **place, "seed": str(seed), "state": "done", metric: number}
        if number == number
        else {"arm": arm, **place, "seed": str(seed), "state": "diverged", metric: number}
        for seed, number in enumerate(numbers, 1)
    ]


def table(arms: Mapping[str, Sequence[float]], metric: str = "bleu") -> pandas.DataFrame:
    """A sweep over arms and seeds."""
    return pandas.DataFrame(
        [row for arm, numbers in arms.items() for row in rows(metric, arm, numbers)]
    )


def run(
    swept: dict[str, str],
    curve: pandas.DataFrame | None = None,
    translations: Sequence[Sequence[str]] = (),
    state: str = "done",
    case: str = "mixed",
) -> Run:
    """A run with a curve and translations (test set, source, reference, greedy)."""
    columns = ["test set", "source", "reference", "greedy"]
    signature = f"nrefs:1|case:{case}|eff:no|tok:13a|smooth:exp|version:2.6.0"
    return Run(
        folder=Path("-".join(swept.values())),
        swept=swept,
        state=state,
        reason="",
        seconds=1.0,
        config={},
        scores={"test": {"test": {"loss": 1.0, "greedy": {"bleu_signature": signature}}}},
        versions={},
        curve=pandas.DataFrame() if curve is None else curve,
        translations=pandas.DataFrame(translations, columns=columns),
    )
