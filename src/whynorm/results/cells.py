"""The cells of a sweep: which runs of its table stand together, and which face each other."""

from collections.abc import Iterator, Mapping, Sequence

import numpy
import pandas

from whynorm.results.runs import Question

SEED = "seed"

# Percent of what was translated, which a diverged run leaves at 0; in all else lower is better.
TRANSLATED = ("bleu", "chrf", "exact_match")

# The first column that no sweep sets: in the table, in a summary or a comparison, in the bands of
# a curve, in a bootstrap.
_FIRST = ("state", "metric", "step", "seeds")


def conditions(frame: pandas.DataFrame, question: Question) -> list[str]:
    """The swept keys beside contrast and seed; comparisons are made within each of their values."""
    columns = list(frame.columns)
    swept = columns[: min(columns.index(name) for name in _FIRST if name in columns)]
    return [key for key in swept if key not in (question.contrast, SEED)]


def metrics(question: Question) -> list[str]:
    """The columns that are compared; that which decides is the first."""
    return list(dict.fromkeys([question.metric, *question.beside]))


def summarised(question: Question) -> list[str]:
    """The columns that have a mean: those that are compared, and what was observed beside them."""
    return list(dict.fromkeys([*metrics(question), *question.observed]))


def arms(frame: pandas.DataFrame, question: Question) -> list[str]:
    """The values of the contrast: the baseline, then the others in the sweep's order."""
    found = dict.fromkeys([question.baseline, *frame[question.contrast]])
    return list(found)


def places(frame: pandas.DataFrame, keys: Sequence[str]) -> list[dict[str, str]]:
    """The values of some columns that occur together, as they come; one empty without columns."""
    found = dict.fromkeys(map(tuple, frame[list(keys)].to_numpy()))
    return [dict(zip(keys, values, strict=True)) for values in found]


def select(frame: pandas.DataFrame, place: Mapping[str, str]) -> pandas.DataFrame:
    """The rows in which these columns have these values."""
    chosen = numpy.ones(len(frame), dtype=bool)
    for key, value in place.items():
        chosen &= (frame[key] == value).to_numpy()
    return frame.loc[chosen]


def values(table: pandas.DataFrame, metric: str) -> pandas.Series:
    """What each run counts for; NaN where it has no result.

    A diverged run translates nothing: it counts as 0, the worst value, in BLEU, chrF and exact
    match. A loss has no worst value: there, a diverged run has none. What a run had reached when
    it crashed or was interrupted is no result.
    """
    state, found = table["state"].to_numpy(), table[metric].to_numpy(dtype=float, copy=True)
    found[state != "done"] = numpy.nan
    if metric in TRANSLATED:
        found[state == "diverged"] = 0.0
    return pandas.Series(found, table.index)


def checked(table: pandas.DataFrame, question: Question) -> pandas.DataFrame:
    """The table, once it holds what the question asks for; runs without a seed share one."""
    for name in (question.contrast, *summarised(question)):
        if name not in table:
            raise ValueError(f"{name} is no column of the table: choose among {list(table)}")
    arms = list(table[question.contrast].unique())
    if question.baseline not in arms:
        raise ValueError(
            f"baseline={question.baseline} is no value of {question.contrast}: choose among {arms}"
        )
    table = table if SEED in table else table.assign(**{SEED: ""})
    keys = [question.contrast, *conditions(table, question), SEED]
    again = table.loc[table.duplicated(keys), keys]
    if len(again):
        raise ValueError(f"two runs have {again.iloc[0].to_dict()}: a comparison needs one of each")
    return table


def cells(
    table: pandas.DataFrame, question: Question
) -> Iterator[tuple[dict[str, str], pandas.DataFrame]]:
    """Every contrast value in every condition, in the sweep's order, and its runs: one a seed."""
    keys = [question.contrast, *conditions(table, question)]
    for place, runs in table.groupby(keys, sort=False):
        assert isinstance(place, tuple)
        yield dict(zip(keys, place, strict=True)), runs


def facing(
    table: pandas.DataFrame, question: Question
) -> Iterator[tuple[dict[str, str], pandas.DataFrame, pandas.DataFrame]]:
    """Every cell but the baseline's, its runs, and the baseline's in the same condition."""
    for place, runs in cells(table, question):
        if place[question.contrast] != question.baseline:
            yield place, runs, select(table, {**place, question.contrast: question.baseline})


def pairs(runs: pandas.DataFrame, base: pandas.DataFrame, metric: str) -> pandas.DataFrame:
    """For each seed of either side its value, the baseline's, and the difference.

    NaN stands where a side has no result, or no run.
    """
    sides = {"value": runs, "baseline": base}
    found = {name: values(side.set_index(SEED), metric) for name, side in sides.items()}
    both = pandas.DataFrame(found)
    return both.assign(difference=both["value"] - both["baseline"])


def leaking(runs: pandas.DataFrame, base: pandas.DataFrame, metric: str) -> bool:
    """True if one side alone sees the answer where the metric is measured with it in view."""
    if metric in TRANSLATED or "leaking" not in runs:
        return False
    when = "training" if metric == "train_loss" else "evaluating"
    sides = [side["leaking"].astype(str).str.contains(when).any() for side in (runs, base)]
    return bool(sides[0] != sides[1])
