"""Means, intervals and paired comparisons over seeds, from the table of a sweep."""

import math
from collections.abc import Sequence
from typing import Any

import numpy
import pandas
from scipy import special

from whynorm.results.cells import (
    SEED,
    cells,
    checked,
    facing,
    leaking,
    metrics,
    pairs,
    summarised,
    values,
)
from whynorm.results.decision import ENOUGH_SEEDS, verdict, warnings
from whynorm.results.runs import Question, Run

CONFIDENCE = 0.95


def summary(table: pandas.DataFrame, question: Question) -> pandas.DataFrame:
    """Mean over seeds with its 95 % interval, a row for each metric, contrast value and condition.

    Diverged runs are counted and never dropped: they enter as 0 into the means of BLEU, chrF and
    exact match; the mean of a loss is that of the `done` runs alone. `seeds` counts all that were
    planned, `failed` those that neither ended well nor diverged. The interval is Student's, and NaN
    with one seed. What the question wants observed has its rows after the metrics.
    """
    table = checked(table, question)
    rows = [
        {**place, "metric": metric, **_counts(runs), **_mean(values(runs, metric))}
        for metric in summarised(question)
        for place, runs in cells(table, question)
    ]
    return pandas.DataFrame(rows)


def comparisons(table: pandas.DataFrame, question: Question) -> pandas.DataFrame:
    """The difference of each contrast value to the baseline, over the seeds that both have.

    `difference` is the mean of paired differences, with Student's 95 % interval; `p` is that of the
    paired t-test, `p_holm` the same corrected after Holm over all comparisons of one metric.
    One pair has no interval and no p. Where all of three or more differences are equal, the
    interval has no width, and p is 1 if they are 0 and missing if not; two that are equal, as
    coarse scores are by chance, count as one pair. `effect` is Hedges' g_av: the
    difference over the mean of both standard deviations, times 1 - 3 / (4 df - 1) with
    df = pairs - 1 (Lakens 2013, Frontiers in Psychology 4:863); NaN below three pairs. `planned`
    counts the seeds of either side. `verdict` and `warning` follow the rules of `decision`.
    """
    table = checked(table, question)
    rows: list[dict[str, Any]] = []
    for metric in metrics(question):
        family = [
            {**place, "metric": metric, **_compared(runs, base, metric)}
            for place, runs, base in facing(table, question)
        ]
        rows += _corrected(family)
    for row in rows:
        row["verdict"] = verdict(row, question)
        row["warning"] = "; ".join(warnings(row))
    return pandas.DataFrame(rows)


def curve_bands(runs: Sequence[Run], question: Question, column: str) -> pandas.DataFrame:
    """Mean over seeds of a column of metrics.csv, with its 95 % interval, at each step.

    `seeds` counts the runs that have a finite number there: where a run has diverged, the mean is
    that of the others. An interval from one run is NaN.
    """
    keys = [key for key in runs[0].swept if key != SEED]
    keys = [question.contrast, *(key for key in keys if key != question.contrast)]
    together: dict[tuple[str, ...], list[pandas.DataFrame]] = {}
    for run in runs:
        place = tuple(run.swept[key] for key in keys)
        together.setdefault(place, []).append(curve(run, column))
    bands = [
        _bands(pandas.concat(curves)).assign(**dict(zip(keys, place, strict=True)))
        for place, curves in together.items()
    ]
    columns = [*keys, "step", "mean", "low", "high", "seeds"]
    return pandas.concat(bands, ignore_index=True).loc[:, columns]


def curve(run: Run, column: str) -> pandas.DataFrame:
    """One run's finite numbers by step; the last of each step, as a run that went on repeats some.

    A column that was never logged has none.
    """
    logged = run.curve if column in run.curve else pandas.DataFrame({"step": [], column: []})
    found = pandas.DataFrame({"step": logged["step"], "value": logged[column]}, dtype=float)
    found = found.loc[numpy.isfinite(found["value"].to_numpy())]
    return found.drop_duplicates("step", keep="last")


def average(numbers: numpy.ndarray) -> float:
    """The mean; NaN of nothing."""
    return float(numbers.mean()) if len(numbers) else math.nan


def interval(found: numpy.ndarray) -> tuple[float, float]:
    """Student's 95 % interval of a mean; NaN from one number."""
    if len(found) < 2:
        return math.nan, math.nan
    half = quantile(len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found))
    return float(found.mean() - half), float(found.mean() + half)


def quantile(freedom: Any) -> Any:
    """How many standard errors half of Student's 95 % interval is wide."""
    # scipy.stats says the same, but takes longer to import than a report to compute.
    return special.stdtrit(freedom, (1 + CONFIDENCE) / 2)


def paired_p(found: numpy.ndarray) -> float:
    """The p of the paired t-test on these differences; NaN of one."""
    if len(found) < 2:
        return math.nan
    t = found.mean() / (found.std(ddof=1) / math.sqrt(len(found)))
    return float(2 * special.stdtr(len(found) - 1, -abs(t)))


def holm(found: numpy.ndarray) -> numpy.ndarray:
    """Each p corrected for all of them (Holm 1979, Scandinavian Journal of Statistics 6:65)."""
    order = numpy.argsort(found)
    grown = numpy.maximum.accumulate(found[order] * (len(found) - numpy.arange(len(found))))
    corrected = numpy.empty_like(found)
    corrected[order] = numpy.minimum(grown, 1.0)
    return corrected


def _counts(runs: pandas.DataFrame) -> dict[str, int]:
    states = list(runs["state"])
    done, diverged = states.count("done"), states.count("diverged")
    failed = len(states) - done - diverged
    return {"seeds": len(states), "done": done, "diverged": diverged, "failed": failed}


def _mean(found: pandas.Series) -> dict[str, float]:
    numbers = found.dropna().to_numpy()
    low, high = interval(numbers)
    spread = float(numbers.std(ddof=1)) if len(numbers) > 1 else math.nan
    return {"mean": average(numbers), "low": low, "high": high, "sd": spread}


def _bands(logged: pandas.DataFrame) -> pandas.DataFrame:
    """Mean and interval at each step that was logged."""
    band = logged.groupby("step")["value"].agg(["mean", "sem", "count"]).reset_index()
    half = quantile(band["count"] - 1) * band["sem"]
    band = band.rename(columns={"count": "seeds"})
    return band.assign(low=band["mean"] - half, high=band["mean"] + half)


def _compared(runs: pandas.DataFrame, base: pandas.DataFrame, metric: str) -> dict[str, Any]:
    """The numbers of one comparison, and what was counted on both sides."""
    both = pairs(runs, base, metric)
    here, there = _counts(runs), _counts(base)
    value, baseline = both[["value", "baseline"]].dropna().to_numpy().T
    return {
        "planned": len(both),
        "pairs": len(value),
        **_difference(value, baseline),
        "p_holm": math.nan,
        "effect": _effect(value, baseline),
        "diverged": here["diverged"],
        "failed": here["failed"] + there["failed"],
        "baseline_done": there["done"],
        "baseline_diverged": there["diverged"],
        "leaking": leaking(runs, base, metric),
    }


def _difference(value: numpy.ndarray, baseline: numpy.ndarray) -> dict[str, float]:
    """Mean, interval and p of paired differences."""
    found = value - baseline
    # Not asked of the standard deviation, which rounding keeps from being 0.
    if len(found) > 1 and numpy.ptp(found) <= 1e-9 * numpy.abs(found).max():
        return _equal(found)
    low, high = interval(found)
    return {"difference": average(found), "low": low, "high": high, "p": paired_p(found)}


def _equal(found: numpy.ndarray) -> dict[str, float]:
    """Mean, interval and p of differences that are all the same."""
    mean = float(found[0])
    if len(found) < ENOUGH_SEEDS:
        return {"difference": mean, "low": math.nan, "high": math.nan, "p": math.nan}
    # Coarse scores can differ by the same in every seed: no spread says nothing of chance.
    return {"difference": mean, "low": mean, "high": mean, "p": 1.0 if mean == 0.0 else math.nan}


def _effect(value: numpy.ndarray, baseline: numpy.ndarray) -> float:
    """Hedges' g_av."""
    if len(value) < ENOUGH_SEEDS:
        return math.nan
    spread = (value.std(ddof=1) + baseline.std(ddof=1)) / 2
    small = 1 - 3 / (4 * (len(value) - 1) - 1)
    return float((value - baseline).mean() / spread * small) if spread else math.nan


def _corrected(family: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of one metric with their p corrected after Holm; NaN where there is none."""
    tested = [row for row in family if math.isfinite(row["p"])]
    corrected = holm(numpy.array([row["p"] for row in tested]))
    for row, p in zip(tested, corrected, strict=True):
        row["p_holm"] = float(p)
    return family
