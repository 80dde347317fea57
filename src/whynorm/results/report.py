"""What a report says about an experiment, before it is written as a page."""

from pathlib import Path
from typing import NamedTuple

from pandas import DataFrame

from whynorm.results.runs import Question, Run


class Report(NamedTuple):
    """An experiment's question, runs, statistics and answers."""

    question: Question
    runs: list[Run]
    table: DataFrame  # a row for each run: the swept keys as text, then state and scores
    summary: DataFrame  # a row for each arm, condition and metric, over seeds
    comparisons: DataFrame  # a row for each arm but the baseline, condition and metric
    answers: list[str]  # sentences, the headline first
    warnings: list[str]
    pictures: list[Path]  # .svg files
    facts: dict[str, str]  # with what, by what and on what it was measured


def places(table: DataFrame, keys: list[str]) -> list[dict[str, str]]:
    """The combinations of the keys' values that occur, as they come; one empty one without keys."""
    if not keys:
        return [{}]
    found = dict.fromkeys(zip(*(table[key] for key in keys), strict=True))
    return [dict(zip(keys, values, strict=True)) for values in found]


def place_name(place: dict[str, str]) -> str:
    """Where runs stand in the sweep, in words: `placement=pre, batches.sentences=8`."""
    return ", ".join(f"{key}={value}" for key, value in place.items())
