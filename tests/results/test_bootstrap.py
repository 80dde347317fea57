import math
import random
from collections.abc import Sequence
from typing import Any

import numpy
import pandas
import pytest
from sacrebleu.metrics.bleu import BLEU

from tests.results.sweeps import QUESTION, run
from whynorm.results.bootstrap import bootstrap, joined
from whynorm.results.runs import Run

WORDS = [f"w{n}" for n in range(50)]


def references(count: int, seed: int = 0) -> list[str]:
    """Sentences of made-up words."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=draw.randint(6, 12))) for _ in range(count)]


def translated(texts: Sequence[str], wrong: float, seed: int) -> list[str]:
    """The sentences with a share of wrong words."""
    draw = random.Random(seed)
    words = [[draw.choice(WORDS) if draw.random() < wrong else w for w in t.split()] for t in texts]
    return [" ".join(sentence) for sentence in words]


def model(arm: str, seed: str, texts: list[str], found: list[str], case: str = "mixed") -> Run:
    """A run that translated the sentences so."""
    rows = [("test", "source", *pair) for pair in zip(texts, found, strict=True)]
    return run({"arm": arm, "seed": seed}, translations=rows, case=case)


def pair(wrong: float, count: int = 80, seed: int = 0) -> tuple[list[str], list[Run]]:
    """References, and two models: the baseline has 30 % of the words wrong."""
    texts = references(count, seed)
    base = model("layer", "1", texts, translated(texts, 0.3, 2 * seed + 1))
    return texts, [base, model("batch", "1", texts, translated(texts, wrong, 2 * seed + 2))]


def only(runs: Sequence[Run], samples: int = 1000) -> dict[Any, Any]:
    """What the bootstrap says of the only comparison."""
    [row] = bootstrap(runs, QUESTION, samples=samples).to_dict("records")
    return row


def naive(texts: list[str], runs: Sequence[Run], samples: int) -> float:
    """Two-sided p, every resample scored from its sentences anew (Koehn 2004)."""
    draw, metric = numpy.random.default_rng(5), BLEU(force=True)
    ours, theirs = ([*one.translations["greedy"]] for one in reversed(runs))

    def difference(chosen: Sequence[int]) -> float:
        texts_here = [[texts[i] for i in chosen]]
        one, two = ([system[i] for i in chosen] for system in (ours, theirs))
        scores = (metric.corpus_score(system, texts_here).score for system in (one, two))
        return next(scores) - next(scores)

    count = len(texts)
    found = numpy.array(
        [difference(draw.integers(0, count, count).tolist()) for _ in range(samples)]
    )
    return float((abs(found - found.mean()) >= abs(difference(range(count)))).mean())


def test_p_equals_that_of_a_bootstrap_which_scores_every_resample_anew() -> None:
    texts, runs = pair(wrong=0.31, count=60, seed=3)
    p = naive(texts, runs, 300)
    assert 0.1 < p < 0.9
    assert only(runs)["sentences_p"] == pytest.approx(p, abs=0.08)


@pytest.mark.long
def test_of_equal_models_one_in_20_is_called_different() -> None:
    found = [only(pair(0.3, 60, n)[1], samples=200) for n in range(150)]
    assert sum(row["better"] + row["worse"] for row in found) / 150 < 0.09


def test_models_that_write_the_same_do_not_differ() -> None:
    texts = references(40)
    runs = [model(arm, "1", texts, translated(texts, 0.3, 1)) for arm in ("layer", "batch")]
    assert only(runs, samples=50)["sentences_p"] == 1.0


@pytest.mark.parametrize(("wrong", "column"), [(0.7, "worse"), (0.05, "better")])
def test_a_clear_difference_is_found_with_its_direction(wrong: float, column: str) -> None:
    row = only(pair(wrong)[1], samples=100)
    assert row[column] == 1
    assert row["better"] + row["worse"] == 1


def test_each_seed_is_compared_with_the_baseline_of_its_own() -> None:
    texts = references(60)
    good, bad = translated(texts, 0.1, 1), translated(texts, 0.6, 2)
    runs = [model("layer", "1", texts, good), model("layer", "2", texts, bad)]
    runs += [model("batch", "1", texts, bad), model("batch", "2", texts, good)]
    row = only(runs, samples=100)
    assert [row[name] for name in ("seeds", "better", "worse")] == [2, 1, 1]


def test_runs_that_diverged_or_have_no_translations_are_skipped_and_counted() -> None:
    _, (base, batch) = pair(0.7)
    lost = batch._replace(state="diverged", swept={"arm": "batch", "seed": "2"})
    empty = run({"arm": "batch", "seed": "3"})
    bases = [base._replace(swept={"arm": "layer", "seed": str(n)}) for n in (1, 2, 3)]
    alone = batch._replace(swept={"arm": "batch", "seed": "4"})
    row = only([*bases, batch, lost, empty, alone], samples=50)
    assert (row["seeds"], row["skipped"]) == (1, 3)


def test_case_counts_where_the_run_was_scored_so() -> None:
    texts = references(40)
    found = translated(texts, 0.3, 1)
    loud = [text.upper() for text in found]
    runs = {
        case: [model("layer", "1", texts, found, case), model("batch", "1", texts, loud, case)]
        for case in ("lc", "mixed")
    }
    assert only(runs["lc"], samples=50)["sentences_p"] == 1.0
    assert only(runs["mixed"], samples=50)["sentences_p"] < 0.05


def test_only_the_first_test_set_is_compared() -> None:
    _, (base, batch) = pair(0.3)
    second = pandas.DataFrame([("other", "s", "r", "x")], columns=base.translations.columns)
    more = [
        one._replace(translations=pandas.concat([one.translations, second], ignore_index=True))
        for one in (base, batch)
    ]
    assert only(more, samples=50) == only([base, batch], samples=50)


def test_other_sentences_are_refused() -> None:
    _, (base, batch) = pair(0.3)
    other = pair(0.3, seed=1)[1][1]
    with pytest.raises(ValueError, match="batch-1 and layer-1 were tested on different sentences"):
        bootstrap([base, other._replace(folder=batch.folder)], QUESTION)


def test_the_same_runs_give_the_same_p_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    _, runs = pair(0.34)
    assert only(runs, samples=50) == only(runs, samples=50)
    assert capfd.readouterr() == ("", "")


def test_comparisons_in_bleu_receive_what_the_bootstrap_found() -> None:
    found = bootstrap(pair(0.7)[1], QUESTION, samples=50)
    rows = pandas.DataFrame(
        {"arm": ["batch", "batch"], "metric": ["bleu", "chrf"], "difference": [1.0, 2.0]}
    )
    bleu, chrf = joined(rows, found).to_dict("records")
    assert bleu["sentences_for"] == "1 of 1"
    assert chrf["sentences_for"] == ""
    assert math.isnan(chrf["sentences_p"])
