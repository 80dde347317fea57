import random
from collections.abc import Sequence

import numpy
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.significance import PairedTest, Result

from tests.results.test_bootstrap import references, translated
from whynorm.results.resampling import bleu, counted, paired_p

TEXTS = references(60)
METRIC = BLEU(force=True, effective_order=True)


@pytest.mark.parametrize("wrong", [0.0, 0.3, 0.7, 0.9, 1.0])
@pytest.mark.parametrize("length", [2, 5, 60])
def test_bleu_of_summed_counts_equals_that_of_sacrebleu(wrong: float, length: int) -> None:
    texts = TEXTS[:7]
    found = [" ".join(text.split()[:length]) for text in translated(texts, wrong, 3)]
    sums = counted(found, texts, METRIC).sum(0, keepdims=True)
    expected = BLEU(force=True).corpus_score(found, [texts]).score
    assert bleu(sums)[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("wrong", [0.25, 0.31, 0.34])
def test_p_is_twice_that_of_sacrebleu(wrong: float) -> None:
    ours, theirs = translated(TEXTS, wrong, 2), translated(TEXTS, 0.3, 1)
    systems: list[tuple[str, Sequence[str]]] = [("theirs", theirs), ("ours", ours)]
    test = PairedTest(systems, {"BLEU": BLEU(force=True)}, [TEXTS], "bs", 200)
    result = test()[1]["BLEU"][1]
    assert isinstance(result, Result) and result.p_value
    counts = (counted(found, TEXTS, METRIC) for found in (ours, theirs))
    assert abs(paired_p(*counts, samples=200)) == pytest.approx(min(1.0, 2 * result.p_value))


def test_the_order_of_sentences_moves_a_score_by_nothing() -> None:
    counts = counted(translated(TEXTS, 0.3, 1), TEXTS, METRIC)
    order = list(range(len(TEXTS)))
    random.Random(1).shuffle(order)
    numpy.testing.assert_array_equal(bleu(counts[order].sum(0)[None]), bleu(counts.sum(0)[None]))
