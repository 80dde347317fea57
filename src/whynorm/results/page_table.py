"""The page's sortable tables: what was compared, and every run."""

import re
from itertools import compress
from typing import NamedTuple

from pandas import DataFrame

from whynorm.results.cells import conditions, select
from whynorm.results.measures import MEASURES, MISSING, Measure, measure, number, written
from whynorm.results.report import Report
from whynorm.results.runs import Run

WIDTH = 120.0  # of the picture of an interval
COMPARED = ["difference", "95 % interval", "p (Holm)", "effect", "pairs"]
COMPARED += ["by sentences", "warning"]
VERDICTS = ("better", "worse", "same", "open", "diverged")
MEASURED = ["updates", "target_tokens", "tokens_per_batch", "learning_rate", "seconds", "leaking"]
SCORES = ["train_loss", "val_loss", "test_loss", "bleu", "chrf", "exact_match"]
NEVER_TELLING = re.compile(r"(^|\.)(_\w+_|name|group|tags|logger|observe|observe_every|threads)$")


class Interval(NamedTuple):
    """An interval and its middle as positions in a picture, beside no difference at all."""

    low: float
    middle: float
    high: float
    zero: float
    margin: tuple[float, float]  # where a band of differences too small to matter begins and ends


class Cell(NamedTuple):
    """A text; the number to sort it by, what kind of thing it is, and its picture."""

    text: str
    number: float | None = None
    kind: str = ""
    interval: Interval | None = None


class Table(NamedTuple):
    """Columns by title, and rows of cells."""

    name: str
    columns: list[str]
    rows: list[list[Cell]]

    @property
    def numeric(self) -> list[bool]:
        """For each column, whether all that it says are numbers."""
        columns = zip(*self.rows, strict=True)
        return [all(c.number is not None or c.text == MISSING for c in cells) for cells in columns]


def comparison_tables(report: Report) -> list[Table]:
    """What was compared, a table for each metric, the deciding one first."""
    rows, decisive = report.comparisons, report.question.metric
    if rows.empty:
        return []
    metrics = sorted(dict.fromkeys(rows["metric"]), key=lambda metric: metric != decisive)
    return [_compared(report, select(rows, {"metric": metric}), metric) for metric in metrics]


def _compared(report: Report, rows: DataFrame, metric: str) -> Table:
    """One metric's comparisons."""
    margin = report.question.margin if metric == report.question.metric else 0.0
    largest = max(abs(number(value) or 0.0) for value in rows["difference"])
    reach = max(1.2 * largest, 2 * margin) or 1.0
    keys = [report.question.contrast, *conditions(rows, report.question)]
    cells = [
        _comparison(row, keys, measure(metric), (reach, margin)) for row in rows.to_dict("records")
    ]
    return _without_empty(Table(metric, ["verdict", *keys, *COMPARED], cells))


def _comparison(
    row: dict, keys: list[str], what: Measure, scale: tuple[float, float]
) -> list[Cell]:
    difference, low, high = (float(row[name]) for name in ("difference", "low", "high"))
    verdict = str(row["verdict"])
    kind = f"verdict {verdict}" if verdict in VERDICTS else "verdict open"
    bounds = f"{written(low, what.decimals)} to {written(high, what.decimals)}"
    return [
        Cell(verdict, kind=kind),
        *(_plain(row[key]) for key in keys),
        Cell(written(difference, what.decimals, signed=True), number(difference)),
        Cell(
            bounds if number(low) is not None else MISSING,
            number(low),
            interval=_interval(low, difference, high, scale),
        ),
        Cell(_probability(row["p_holm"]), number(row["p_holm"])),
        Cell(written(float(row["effect"]), 2, signed=True), number(row["effect"])),
        Cell(str(row["pairs"]), number(row["pairs"])),
        Cell(_by_sentences(row)),
        Cell(str(row["warning"] or ""), kind="remark"),
    ]


def _interval(
    low: float, middle: float, high: float, scale: tuple[float, float]
) -> Interval | None:
    """Where the interval lies; one that goes on beyond the picture is cut at its edge."""
    if None in (number(low), number(middle), number(high)):
        return None
    reach, margin = scale
    wide = [WIDTH / 2 + value / reach * (WIDTH / 2 - 4) for value in (low, middle, high)]
    place = [round(min(max(x, 0.0), WIDTH), 1) for x in wide]
    half = round(margin / reach * (WIDTH / 2 - 4), 1)
    return Interval(place[0], place[1], place[2], WIDTH / 2, (WIDTH / 2 - half, 2 * half))


def _probability(p: float) -> str:
    if number(p) is None:
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _by_sentences(row: dict) -> str:
    """In how many seeds resampling the sentences finds a difference, and the median p."""
    seeds, p = str(row.get("sentences_for") or ""), number(row.get("sentences_p"))
    if not seeds or seeds == "nan":
        return MISSING
    return seeds if p is None else f"{seeds}, p {_probability(p)}"


def run_table(report: Report) -> Table:
    """Every run: its place in the sweep, its end, its scores, and its config where runs differ."""
    keys = list(dict.fromkeys(key for run in report.runs for key in run.swept))
    measured = [name for name in [*SCORES, *MEASURED] if name in report.table]
    telling = differences(report.runs, keys)
    columns = [*keys, "state", "reason", *(measure(name).words for name in measured), *telling]
    rows = [
        [
            *_place_and_end(run, keys),
            *(_measured(row[name], name) for name in measured),
            *(_plain(values[index]) for values in telling.values()),
        ]
        for index, (run, row) in enumerate(_with_rows(report))
    ]
    return _without_empty(Table("runs", columns, rows))


def _with_rows(report: Report) -> list[tuple[Run, dict]]:
    return list(zip(report.runs, report.table.to_dict("records"), strict=True))


def _place_and_end(run: Run, keys: list[str]) -> list[Cell]:
    place = [_plain(run.swept.get(key, MISSING)) for key in keys]
    return [*place, Cell(run.state, kind=f"state {run.state}"), Cell(run.reason, kind="remark")]


def _measured(value: object, name: str) -> Cell:
    found = number(value)
    if found is None:
        text = MISSING if value is None or str(value) == "nan" else str(value)
        return Cell(text)
    return Cell(written(found, MEASURES[name].decimals), found)


def _plain(value: object) -> Cell:
    return Cell(str(value), number(value))


def differences(runs: list[Run], known: list[str]) -> dict[str, list[str]]:
    """The values, run by run, of every config key in which runs differ.

    What the swept keys or an earlier key say already, in the same words, is left out, and so is
    what names or watches a run and does not change it. Runs that never began have no config and
    make no difference.
    """
    begun = [index for index, run in enumerate(runs) if run.config]
    said = {tuple(runs[index].swept.get(key, "") for index in begun) for key in known}
    found: dict[str, list[str]] = {}
    for key in dict.fromkeys(key for run in runs for key in run.config):
        values = [_short(run.config.get(key, MISSING)) for run in runs]
        telling = tuple(values[index] for index in begun)
        silent = key in known or NEVER_TELLING.search(key) or len(set(telling)) < 2
        if not silent and telling not in said:
            found[key] = values
            said.add(telling)
    return found


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _without_empty(table: Table) -> Table:
    """The table without columns in which no row says anything."""
    columns = zip(table.columns, *table.rows, strict=True)
    telling = [any(cell.text not in ("", MISSING) for cell in cells) for _, *cells in columns]
    rows = [list(compress(row, telling)) for row in table.rows]
    return Table(table.name, list(compress(table.columns, telling)), rows)
