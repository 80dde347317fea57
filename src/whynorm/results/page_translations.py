"""The page's translations: what each arm made of the same sentences, most different first."""

from collections.abc import Iterable
from itertools import combinations, groupby
from typing import NamedTuple

from whynorm.results.cells import SEED, arms, conditions
from whynorm.results.report import Report, place_name, places
from whynorm.results.runs import Run

MOST_ROWS = 40
MOST_TEXTS = 4_000  # on the page
FEWEST_ROWS = 5
SEARCH = "greedy"


class Words(NamedTuple):
    """Words in a row that all stand in the reference, or that none of does."""

    text: str
    shared: bool


class Row(NamedTuple):
    """A source, its reference, and each arm's translation in pieces."""

    source: str
    reference: str
    translations: list[list[Words]]


class Sheet(NamedTuple):
    """The translations of one seed under one condition, a column for each arm."""

    title: str
    seed: str
    arms: list[str]
    rows: list[Row]


def sheets(report: Report) -> list[Sheet]:
    """A sheet for each condition in which a run has translated."""
    found = places(report.table, conditions(report.table, report.question))
    chosen = [(place, chosen_seed(report, place)) for place in found]
    chosen = [(place, columns) for place, columns in chosen if columns]
    texts = sum(len(columns) + 2 for _, columns in chosen)
    most = max(FEWEST_ROWS, min(MOST_ROWS, MOST_TEXTS // max(1, texts)))
    return [_sheet(place_name(place), columns, most) for place, columns in chosen]


def chosen_seed(report: Report, place: dict[str, str]) -> dict[str, Run]:
    """The runs by arm of the seed with which most arms translated; the first of several."""
    contrast, columns = report.question.contrast, {}
    for run in report.runs:
        if place.items() <= run.swept.items() and SEARCH in run.translations:
            columns.setdefault(run.swept.get(SEED, ""), {})[run.swept.get(contrast, "")] = run
    most = max(columns.values(), key=len, default={})
    return {name: most[name] for name in arms(report.table, report.question) if name in most}


def _sheet(title: str, columns: dict[str, Run], most: int) -> Sheet:
    runs = list(columns.values())
    texts = [first_test_set(run) for run in runs]
    pairs = list(dict.fromkeys(pair for found in texts for pair in found))
    rows = [(pair, [found.get(pair, "") for found in texts]) for pair in pairs]
    rows.sort(key=lambda row: difference(row[1]), reverse=True)
    shown = [
        Row(source, reference, [pieces(text, reference) for text in written])
        for (source, reference), written in rows[:most]
    ]
    return Sheet(title, runs[0].swept.get(SEED, ""), list(columns), shown)


def first_test_set(run: Run) -> dict[tuple[str, str], str]:
    """The run's translation of each pair of source and reference of its first test set."""
    table = run.translations
    if table.empty:
        return {}
    table = table[table["test set"] == table["test set"].iloc[0]]
    pairs = zip(table["source"], table["reference"], strict=True)
    return dict(zip(pairs, table[SEARCH], strict=True))


def difference(texts: list[str]) -> float:
    """The mean share, over pairs of different texts, of words that only one of both has."""
    bags = [frozenset(text.split()) for text in texts]
    apart = [len(a ^ b) / (len(a | b) or 1) for a, b in combinations(bags, 2)]
    return sum(apart) / len(apart) if apart else 0.0


def pieces(text: str, reference: str) -> list[Words]:
    """The text cut where words that the reference has and words that it lacks meet."""
    known = set(_bare(reference.split()))
    words = text.split()
    marked = [(word, bare in known) for word, bare in zip(words, _bare(words), strict=True)]
    return [
        Words(" ".join(word for word, _ in group), shared)
        for shared, group in groupby(marked, key=lambda pair: pair[1])
    ]


def _bare(words: Iterable[str]) -> list[str]:
    """The words in lower case, without punctuation at their ends."""
    return [word.lower().strip(".,;:!?\"'()") for word in words]
