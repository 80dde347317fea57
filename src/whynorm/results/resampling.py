"""Corpus BLEU on many resamples of the sentences at once, and the p of a paired bootstrap."""

from collections.abc import Sequence

import numpy
from sacrebleu.metrics.bleu import BLEU

SEED = 12345  # of sacrebleu's own bootstrap
PERCENT = 100.0


def counted(translations: Sequence[str], references: Sequence[str], metric: BLEU) -> numpy.ndarray:
    """What BLEU counts in each sentence: both lengths, then n-grams that match, then all n-grams.

    `metric` has an effective order, which single sentences ask for; counts do not depend on it.
    """
    found = [
        metric.sentence_score(one, [other])
        for one, other in zip(translations, references, strict=True)
    ]
    return numpy.array(
        [[one.sys_len, one.ref_len, *one.counts, *one.totals] for one in found], dtype=float
    )


def bleu(sums: numpy.ndarray) -> numpy.ndarray:
    """Corpus BLEU, as sacrebleu has it by default, of each row of summed counts."""
    (length, reference), (matches, total) = sums[:, :2].T, numpy.split(sums[:, 2:], 2, axis=1)
    nothing = matches == 0
    # Orders without a match count as a half, a quarter and so on (NIST's smoothing).
    smoothed = numpy.where(nothing, 0.5 ** numpy.cumsum(nothing, axis=1), matches)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        mean = numpy.log(smoothed / total).mean(axis=1)
        brevity = numpy.minimum(0.0, 1 - reference / length)
        score = PERCENT * numpy.exp(mean + brevity)
    return numpy.where(nothing.all(axis=1) | (total == 0).any(axis=1), 0.0, score)


def paired_p(ours: numpy.ndarray, theirs: numpy.ndarray, samples: int) -> float:
    """Two-sided p of the difference between two models' BLEU; negative where ours is worse."""
    difference = float(numpy.diff(bleu(numpy.stack([theirs.sum(0), ours.sum(0)])))[0])
    times = drawn(len(ours), samples)
    found = numpy.abs(bleu(times @ ours) - bleu(times @ theirs))
    beyond = int((found - found.mean() > abs(difference)).sum())
    p = min(1.0, 2 * (beyond + 1) / (samples + 1)) if difference else 1.0
    return -p if difference < 0 else p


def drawn(sentences: int, samples: int) -> numpy.ndarray:
    """How many times each sentence is in each resample."""
    size = (samples, sentences)
    chosen = numpy.random.default_rng(SEED).choice(sentences, size=size, replace=True)
    chosen += sentences * numpy.arange(samples)[:, None]
    return numpy.bincount(chosen.ravel(), minlength=samples * sentences).reshape(size)
