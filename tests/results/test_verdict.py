import math
import re
from typing import Any

import numpy
import pandas
import pytest

from tests.results.sweeps import QUESTION, rows, table
from whynorm.results.runs import Question
from whynorm.results.statistics import comparisons, summary
from whynorm.results.verdict import headline, sentences

NAN = math.nan
STEADY = [20.0, 21.0, 19.5, 20.4, 20.9]
NOISE = numpy.array([0.11, -0.08, 0.02, -0.1, 0.07])
ALONG = QUESTION._replace(factor="sentences")
COLUMNS = ["arm", "seeds", "better", "worse", "skipped"]
UNTESTED = pandas.DataFrame([("batch", 0, 0, 0, 5)], columns=COLUMNS)
TESTED = pandas.DataFrame([("batch", 5, 0, 4, 0), ("batch", 5, 1, 3, 0)], columns=COLUMNS)


def arm(shift: float, noise: float = 1.0) -> list[float]:
    """Five seeds whose differences to STEADY lie around the shift."""
    return list(numpy.array(STEADY) + shift + noise * NOISE)


def told(
    sweep: pandas.DataFrame, question: Question = QUESTION, bootstrap: pandas.DataFrame = UNTESTED
) -> list[str]:
    """The sentences on a sweep."""
    return sentences(question, summary(sweep, question), comparisons(sweep, question), bootstrap)


def along(shifts: list[float], **place: Any) -> pandas.DataFrame:
    """A sweep over a factor that doubles from 1; at each value batch lies so far from layer."""
    sweep = []
    for power, shift in enumerate(shifts):
        place["sentences"] = str(2**power)
        sweep += rows("bleu", "layer", STEADY, **place)
        sweep += rows("bleu", "batch", arm(shift), **place)
    return pandas.DataFrame(sweep)


def test_a_verdict_comes_with_means_difference_interval_p_effect_and_seeds() -> None:
    [sentence] = told(table({"layer": STEADY, "batch": arm(-3.0)}))
    start = r"batch is worse than layer: 17\.36 against 20\.36, −3\.00 BLEU "
    rest = r"\(95 % interval −3\.\d\d to −2\.\d\d; corrected p < 0\.001; g = −[\d.]+; 5 pairs of s"
    assert re.match(start + rest, sentence)


@pytest.mark.parametrize(
    ("shift", "noise", "start"),
    [
        (3.0, 1.0, "batch is better than layer: "),
        (0.0, 1.0, "batch is the same as layer to within 1.00 BLEU: "),
        (0.0, 30.0, "Whether batch differs from layer by 1.00 BLEU or more is open: "),
    ],
)
def test_each_verdict_has_its_words(shift: float, noise: float, start: str) -> None:
    [sentence] = told(table({"layer": STEADY, "batch": arm(shift, noise)}))
    assert sentence.startswith(start)


def test_what_diverged_is_told_beside_the_verdict_and_counted_at_the_end() -> None:
    first, last = told(table({"layer": STEADY, "batch": [*arm(0.0)[:4], NAN]}))
    assert "diverged: 1, and 0 of the baseline" in first
    assert last == "Diverged: 1 of 10 runs (batch 1); in BLEU each counts as 0."


def test_runs_without_a_result_are_counted() -> None:
    sweep = table({"layer": STEADY, "batch": arm(0.0)})
    sweep.loc[[1, 7], "state"] = "failed"
    assert told(sweep)[-1] == "Without a result: 2 of 10 runs (layer 1, batch 1)."


def test_an_arm_that_always_diverged_has_no_loss_to_compare() -> None:
    question = QUESTION._replace(metric="test_loss")
    first, last = told(table({"layer": STEADY, "batch": [NAN] * 5}, "test_loss"), question)
    assert first.startswith("batch diverged with every seed, and layer did not: no seed has a res")
    assert last == "Diverged: 5 of 10 runs (batch 5); in test loss means are of the others."


def test_the_place_is_told_where_there_are_conditions() -> None:
    sweep = table({"layer": STEADY, "batch": arm(3.0)})
    sweep.insert(1, "placement", "pre")
    assert told(sweep)[0].startswith("batch is better than layer at placement = pre: ")


def test_many_comparisons_are_told_along_the_factor() -> None:
    [sentence] = told(along([-3.0, -2.0, 0.95, 0.0, 0.1, 0.0, 0.1]), ALONG)
    assert re.fullmatch(
        r"batch against layer in BLEU over sentences: "
        r"worse at 1 and 2 \(−3\.00 to −2\.00, corrected p < 0\.001\); "
        r"open at 4 \(\+0\.95, 95 % interval 0\.\d\d to 1\.\d\d\); "
        r"the same from 8 on \(\+0\.00 to \+0\.10\)\.",
        sentence,
    )


def test_the_factor_runs_by_number_and_not_by_text() -> None:
    shifts = [-3.0, *[0.0] * 4, -3.0, -3.0]  # at 1, then 2 to 16, then 32 and 64
    [sentence] = told(along(shifts), ALONG)
    order = re.findall(r"at 1 |from 2 to 16|at 32 and 64", sentence)
    assert order == ["at 1 ", "from 2 to 16", "at 32 and 64"]


def test_each_condition_has_its_own_line_along_the_factor() -> None:
    sweep = pandas.concat([along([0.0] * 4, placement=p) for p in ("post", "pre")])
    found = told(sweep.reset_index(drop=True), ALONG)
    assert [re.findall("placement = (post|pre) over", s) for s in found] == [["post"], ["pre"]]


def test_many_arms_are_told_by_verdict() -> None:
    arms = {f"good{n}": arm(3.0) for n in range(4)} | {f"bad{n}": arm(-3.0) for n in range(4)}
    [sentence] = told(table({"layer": STEADY, **arms}))
    assert "worse: bad0, bad1, bad2 and bad3 (−3.00, " in sentence
    assert "better: good0, good1, good2 and good3 (+3.00, " in sentence


def test_beside_metrics_are_told_after_what_decides() -> None:
    sweep = table({"layer": STEADY, "batch": arm(-3.0)})
    found = told(
        sweep.assign(test_loss=5 - sweep["bleu"] / 10), QUESTION._replace(beside=["test_loss"])
    )
    assert found[0].startswith("batch is worse")
    assert found[1].startswith("In test loss, against layer: batch worse (+0.300 nats per token, ")


def test_the_bootstrap_is_summed_over_conditions() -> None:
    found = told(table({"layer": STEADY, "batch": arm(-3.0)}), bootstrap=TESTED)
    assert found[-1].endswith("p < 0.05: batch better in 1 and worse in 7 of 10.")


def test_the_headline_has_difference_interval_and_seeds_of_each_arm() -> None:
    sweep = table({"layer": STEADY, "batch": arm(-3.0), "group": arm(0.0)})
    assert re.fullmatch(
        r"In BLEU \(margin 1\.00\), against layer: "
        r"batch worse \(−3\.00 BLEU, 95 % interval −3\.\d\d to −2\.\d\d, 5 seeds\); "
        r"group the same \(\+0\.00 BLEU, 95 % interval −0\.\d\d to 0\.\d\d, 5 seeds\)\.",
        headline(QUESTION, comparisons(sweep, QUESTION)),
    )


def test_the_headline_counts_the_verdicts_of_an_arm_in_many_conditions() -> None:
    found = comparisons(along([-3.0, -2.0, 0.0, 0.1]), ALONG)
    assert headline(ALONG, found).endswith("batch worse in 2 and the same in 2 of 4.")


@pytest.mark.parametrize("seeds", [1, 5])
def test_every_number_stands_in_the_tables(seeds: int) -> None:
    sweep = table({"layer": STEADY[:seeds], "batch": arm(-3.0)[:seeds], "rms": arm(0.3)[:seeds]})
    known = {1.0, 95.0, 0.001, 0.0}  # margin, confidence, and the smallest p that is told
    for frame in (summary(sweep, QUESTION), comparisons(sweep, QUESTION)):
        for column in frame.select_dtypes("number"):
            known |= {round(number, d) + 0.0 for number in frame[column] for d in (1, 2, 3)}
    text = " ".join(told(sweep)).replace("−", "-")
    numbers = [float(found) for found in re.findall(r"[-+]?\d+(?:\.\d+)?", text)]
    assert [number for number in numbers if number not in known] == []


def test_an_arm_that_is_a_mere_number_is_called_by_what_it_counts() -> None:
    sweep = table({"1": STEADY, "2": arm(-3.0)}).rename(columns={"arm": "groups"})
    asked = QUESTION._replace(contrast="groups", baseline="1")
    untested = UNTESTED.rename(columns={"arm": "groups"}).assign(groups="2")
    assert told(sweep, asked, untested)[0].startswith("groups 2 is worse than groups 1:")
    found = headline(asked, comparisons(sweep, asked))
    assert found.startswith("In BLEU (margin 1.00), against groups 1: groups 2 worse (")


@pytest.mark.parametrize("baseline", ["layer", "instance"])
def test_whichever_side_sees_the_answer_its_loss_is_not_trusted(baseline: str) -> None:
    sweep = table({"layer": STEADY, "instance": arm(-3.0)}, metric="test_loss")
    seen = {"layer": "no", "instance": "training, evaluating"}
    sweep["leaking"] = [seen[name] for name in sweep["arm"]]
    asked = QUESTION._replace(metric="test_loss", baseline=baseline)
    [other] = {"layer", "instance"} - {baseline}
    assert headline(asked, comparisons(sweep, asked)).endswith(
        f" With {other}, a decoder on one side of the comparison saw the answer; such a loss "
        "measures nothing else."
    )


def test_nothing_to_compare_is_said() -> None:
    sweep = table({"layer": STEADY})
    assert told(sweep) == ["There is nothing to compare with layer yet."]
