"""The paired bootstrap on sentences: would two models differ in BLEU on other sentences too?"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy
import pandas
from sacrebleu.metrics.bleu import BLEU

from whynorm.results.cells import SEED
from whynorm.results.decision import ALPHA
from whynorm.results.resampling import counted, paired_p
from whynorm.results.runs import Question, Run

SAMPLES = 1000
SEARCH = "greedy"


def bootstrap(
    runs: Sequence[Run], question: Question, *, samples: int = SAMPLES
) -> pandas.DataFrame:
    """How often BLEU on the first test set differs from the baseline's, a row for each comparison.

    It resamples sentences and says nothing of other seeds. Columns: `seeds` that were tested,
    `better` and `worse` among them with p < 0.05, `skipped` seeds in which one side diverged,
    failed or left no translations, `sentences_p` the median p, and `sentences_for` in words how
    many seeds differ in the direction in which most do.

    Twice sacrebleu's p, which looks at one side alone (of equal models it calls a tenth different
    at 0.05); 1 where scores are equal, to which sacrebleu gives its smallest p. Sentences are drawn
    with the seed that sacrebleu has when nobody chooses one.
    """
    found: dict[tuple[str, ...], list[float | None]] = {}
    keys = _keys(runs, question)
    for base, others in _groups(runs, question):
        for other, p in zip(others, _tests(base, others, samples), strict=True):
            found.setdefault(tuple(other.swept[key] for key in keys), []).append(p)
    rows = [
        {**dict(zip(keys, place, strict=True)), **_counted(signed)}
        for place, signed in found.items()
    ]
    columns = [*keys, "seeds", "better", "worse", "skipped", "sentences_p", "sentences_for"]
    return pandas.DataFrame(rows, columns=columns)


def joined(comparisons: pandas.DataFrame, found: pandas.DataFrame) -> pandas.DataFrame:
    """The comparisons, those in BLEU with `sentences_p` and `sentences_for` of the bootstrap."""
    keys = list(found.columns[: list(found.columns).index("seeds")])
    added = found[[*keys, "sentences_p", "sentences_for"]].assign(metric="bleu")
    both = comparisons.merge(added, how="left", on=[*keys, "metric"])
    return both.assign(sentences_for=both["sentences_for"].fillna(""))


def _keys(runs: Sequence[Run], question: Question) -> list[str]:
    """The contrast, then the conditions."""
    swept = list(runs[0].swept) if runs else []
    return [question.contrast, *(k for k in swept if k not in (question.contrast, SEED))]


def _groups(runs: Sequence[Run], question: Question) -> Iterator[tuple[Run | None, list[Run]]]:
    """For each seed and condition the baseline's run, if there is one, and the others."""
    groups: dict[tuple[str, ...], list[Run]] = {}
    for run in runs:
        same = tuple(value for key, value in run.swept.items() if key != question.contrast)
        groups.setdefault(same, []).append(run)
    for group in groups.values():
        base = [run for run in group if run.swept[question.contrast] == question.baseline]
        others = [run for run in group if run.swept[question.contrast] != question.baseline]
        yield (base[0] if base else None), others


def _tests(base: Run | None, others: Sequence[Run], samples: int) -> list[float | None]:
    """For each of the others p with the sign of its difference; None where nothing was tested."""
    tested = [run for run in others if base is not None and _translated(base, run)]
    if base is None or not tested:
        return [None] * len(others)
    references, metric = list(_first(base)["reference"]), _metric(base)
    counts = [counted(list(_first(run)[SEARCH]), references, metric) for run in [base, *tested]]
    found = {
        id(run): paired_p(ours, counts[0], samples)
        for run, ours in zip(tested, counts[1:], strict=True)
    }
    return [found.get(id(run)) for run in others]


def _translated(base: Run, run: Run) -> bool:
    """Whether both ended well and translated; refuses them where they translated other texts."""
    if any(one.state != "done" or one.translations.empty for one in (base, run)):
        return False
    ours, theirs = (_first(one)[["source", "reference"]] for one in (run, base))
    if not numpy.array_equal(ours.to_numpy(), theirs.to_numpy()):
        raise ValueError(
            f"{run.folder.name} and {base.folder.name} were tested on different sentences; "
            "test both on the same"
        )
    return True


def _first(run: Run) -> pandas.DataFrame:
    """The translations of the first test set."""
    names = run.translations["test set"].to_numpy()
    return run.translations.loc[names == names[0]]


def _metric(run: Run) -> BLEU:
    """BLEU as the run was scored, by the case of its signature, to count in single sentences."""
    first = next(iter(run.scores["test"].values()))
    signature = dict(part.split(":") for part in first[SEARCH]["bleu_signature"].split("|"))
    return BLEU(lowercase=signature["case"] == "lc", force=True, effective_order=True)


def _counted(signed: Sequence[float | None]) -> dict[str, Any]:
    """The columns of one comparison."""
    tested = [p for p in signed if p is not None]
    better = sum(0 < p < ALPHA for p in tested)
    worse = sum(-ALPHA < p < 0 for p in tested)
    most = f"{max(better, worse)} of {len(tested)}" if tested else ""
    return {
        "seeds": len(tested),
        "better": better,
        "worse": worse,
        "skipped": len(signed) - len(tested),
        "sentences_p": float(numpy.median(numpy.abs(tested))) if tested else numpy.nan,
        "sentences_for": most,
    }
