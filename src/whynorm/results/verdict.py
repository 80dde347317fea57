"""The answer to an experiment's question, in sentences whose numbers all come from its tables."""

import math
from typing import Any

import pandas

from whynorm.results.cells import TRANSLATED, conditions, select
from whynorm.results.decision import ALPHA
from whynorm.results.language import ENGLISH, translated
from whynorm.results.measures import measure, written
from whynorm.results.runs import Question
from whynorm.results.trend import stretches, trends
from whynorm.results.wording import (
    WORDS,
    Row,
    amount,
    called,
    digits,
    listed,
    named,
    placed,
    probability,
    spread,
)

FEW = 6

LOST_AS_0 = "Diverged: {count} of {all} runs ({arms}); in {metric} each counts as 0."
LOST = "Diverged: {count} of {all} runs ({arms}); in {metric} means are of the others."
FAILED = "Without a result: {count} of {all} runs ({arms})."


def sentences(
    question: Question,
    summary: pandas.DataFrame,
    comparisons: pandas.DataFrame,
    bootstrap: pandas.DataFrame,
) -> list[str]:
    """The answer: what decides, what stands beside it, the bootstrap on sentences, missing runs.

    What decides has a sentence for each comparison where they are few; else one for each line along
    the factor, or for each condition where there is no factor.
    """
    if comparisons.empty:
        return [headline(question, comparisons)]
    rows = _records(select(comparisons, {"metric": question.metric}))
    if len(rows) <= FEW:
        found = [_single(row, question, summary) for row in rows]
    else:
        found = trends(rows, question, conditions(comparisons, question))
    others = [metric for metric in question.beside if metric != question.metric]
    found += [_line(question, comparisons, metric) for metric in others]
    return [*found, *_on_sentences(bootstrap, question), *missing(summary, question)]


def headline(question: Question, comparisons: pandas.DataFrame) -> str:
    """One sentence for a README: what the metric that decides says of each contrast value."""
    if comparisons.empty:
        baseline = called(question.baseline, question.contrast)
        return f"There is nothing to compare with {baseline} yet."
    return _line(question, comparisons, question.metric)


def _records(frame: pandas.DataFrame) -> list[dict[Any, Any]]:
    return frame.to_dict("records")


def _single(row: Row, question: Question, summary: pandas.DataFrame) -> str:
    """One comparison in what decides, with all its numbers."""
    place = {key: row[key] for key in conditions(summary, question)}
    claim = _claim(row, question) + (f" at {placed(place)}" if place else "")
    if math.isnan(row["difference"]):
        return f"{claim}: no seed has a result on both sides ({_diverged(row)})."
    place["metric"] = question.metric
    sides = (
        place | {question.contrast: arm} for arm in (row[question.contrast], question.baseline)
    )
    means = [digits(select(summary, side)["mean"].iloc[0], question.metric) for side in sides]
    difference = amount(row["difference"], question.metric, signed=True)
    # Of all runs, so that they would not subtract to the difference of those that are paired.
    whole = f"{' against '.join(means)}, " if row["pairs"] == row["planned"] else ""
    return f"{claim}: {whole}{difference} ({_evidence(row)})."


def _claim(row: Row, question: Question) -> str:
    """The verdict as a clause."""
    sides = (row[question.contrast], question.baseline)
    arm, baseline = (called(side, question.contrast) for side in sides)
    margin = amount(question.margin, question.metric)
    least = f" by {margin} or more" if question.margin else ""
    return {
        "better": f"{arm} is better than {baseline}",
        "worse": f"{arm} is worse than {baseline}",
        "same": f"{arm} is the same as {baseline} to within {margin}",
        "diverged": f"{arm} diverged with every seed, and {baseline} did not",
        "open": f"Whether {arm} differs from {baseline}{least} is open",
    }[row["verdict"]]


def _evidence(row: Row) -> str:
    """Interval, p, effect and counts of one comparison."""
    found = [spread(row)]
    if not math.isnan(row["p_holm"]):
        found.append(probability(row["p_holm"]))
    if not math.isnan(row["effect"]):
        found.append(f"g = {written(row['effect'], 1)}")
    found.append(f"{row['pairs']} {'pair' if row['pairs'] == 1 else 'pairs'} of seeds")
    if row["diverged"] or row["baseline_diverged"]:
        found.append(_diverged(row))
    return "; ".join(found)


def _diverged(row: Row) -> str:
    return f"diverged: {row['diverged']}, and {row['baseline_diverged']} of the baseline"


def _line(question: Question, comparisons: pandas.DataFrame, metric: str) -> str:
    """All comparisons in one metric: each with its numbers, or counted where an arm has many."""
    rows = select(comparisons, {"metric": metric})
    by_arm = {
        called(arm, question.contrast): _records(select(rows, {question.contrast: arm}))
        for arm in dict.fromkeys(rows[question.contrast])
    }
    if len(by_arm) <= FEW:
        parts = [f"{arm} {_brief(r[0]) if len(r) == 1 else _tally(r)}" for arm, r in by_arm.items()]
    elif len(by_arm) == len(rows):
        parts = stretches(_records(rows), question.contrast, ordered=False)
    else:
        parts = [_tally(_records(rows))]
    margin = question.margin if metric == question.metric else 0.0
    leaks = [arm for arm, found in by_arm.items() if any(row["leaking"] for row in found)]
    care = (
        f" With {listed(leaks)}, a decoder on one side of the comparison saw the answer; "
        "such a loss measures nothing else."
        if leaks
        else ""
    )
    known = f" (margin {digits(margin, metric)})" if margin else ""
    baseline = called(question.baseline, question.contrast)
    return f"In {measure(metric).name}{known}, against {baseline}: {'; '.join(parts)}.{care}"


def _brief(row: Row) -> str:
    """The verdict of one comparison with its difference and interval."""
    if math.isnan(row["difference"]):
        return f"{WORDS[row['verdict']]} (no pairs of seeds)"
    seeds = f"{row['pairs']} {'seed' if row['pairs'] == 1 else 'seeds'}"
    size = amount(row["difference"], row["metric"], signed=True)
    return f"{WORDS[row['verdict']]} ({size}, {spread(row)}, {seeds})"


def _tally(rows: list[dict[Any, Any]]) -> str:
    """How many of some comparisons have each verdict."""
    verdicts = [row["verdict"] for row in rows]
    counts = {word: verdicts.count(word) for word in WORDS if word in verdicts}
    return f"{listed(f'{WORDS[word]} in {n}' for word, n in counts.items())} of {len(rows)}"


def _on_sentences(bootstrap: pandas.DataFrame, question: Question) -> list[str]:
    """In how many runs of each arm other sentences would hardly undo the difference in BLEU."""
    parts = []
    for arm in dict.fromkeys(bootstrap[question.contrast]):
        rows = select(bootstrap, {question.contrast: arm})
        better, worse, tested = (sum(rows[name]) for name in ("better", "worse", "seeds"))
        if tested:
            name = called(arm, question.contrast)
            parts.append(f"{name} better in {better} and worse in {worse} of {tested}")
    baseline = called(question.baseline, question.contrast)
    return [
        f"Paired bootstrap on sentences, BLEU of each run against {baseline} "
        f"with the same seed, p < {ALPHA}: {'; '.join(parts)}."
    ][: len(parts)]


def missing(summary: pandas.DataFrame, question: Question, language: str = ENGLISH) -> list[str]:
    """How many runs diverged, and how many have no result; nothing where there are none."""
    rows = select(summary, {"metric": question.metric})
    worst = question.metric in TRANSLATED
    found = []
    for column, words in (("diverged", LOST_AS_0 if worst else LOST), ("failed", FAILED)):
        by_arm = dict.fromkeys(rows[question.contrast], 0)
        for row in _records(rows):
            by_arm[row[question.contrast]] += row[column]
        lost = ", ".join(f"{called(arm, question.contrast)} {n}" for arm, n in by_arm.items() if n)
        if lost:
            places = {
                "count": sum(by_arm.values()),
                "all": sum(rows["seeds"]),
                "arms": lost,
                "metric": named(question.metric, language),
            }
            found.append(translated(words, language).format_map(places))
    return found
