"""Corpus scores of translations: BLEU and chrF by sacrebleu, BLEU over words, exact match."""

import re
from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from whynorm.data.vocabulary import UNKNOWN_TEXT

# An unknown word is one word, as in the tokens that the model wrote.
_WORD = re.compile(rf"{re.escape(UNKNOWN_TEXT)}|\w+|[^\w\s]")


def corpus_scores(
    hypotheses: Sequence[str], references: Sequence[str], *, lower_case: bool = False
) -> dict[str, float | str]:
    """Scores of a corpus under plain names, and the signatures of those that sacrebleu measures.

    `bleu` and `chrf` (percent) are cased, unless `lower_case` says that the vocabulary knows no
    capital letters: their signatures tell. `words_bleu` (percent) is BLEU-4 without smoothing over
    lower-cased words and punctuation marks. `exact_match` (a share from 0 to 1) compares whole
    sentences up to white space, and up to case with `lower_case`. An empty hypothesis counts as a
    translation without words.
    """
    _require_pairs(hypotheses, references)
    bleu, chrf, words_bleu = _metrics(lower_case)
    streams, words = [list(references)], [[_words(text) for text in references]]
    return {
        "bleu": bleu.corpus_score(hypotheses, streams).score,
        "chrf": chrf.corpus_score(hypotheses, streams).score,
        "words_bleu": words_bleu.corpus_score([_words(t) for t in hypotheses], words).score,
        "exact_match": exact_match(hypotheses, references, lower_case=lower_case),
        "bleu_signature": bleu.get_signature().format(),
        "chrf_signature": chrf.get_signature().format(),
        "words_bleu_signature": f"lower-cased words|{words_bleu.get_signature().format()}",
    }


def exact_match(
    hypotheses: Sequence[str], references: Sequence[str], *, lower_case: bool = False
) -> float:
    """The share of sentences that equal their reference up to white space (and case, if asked)."""
    _require_pairs(hypotheses, references)
    pairs = zip(hypotheses, references, strict=True)
    equal = sum(_plain(one, lower_case) == _plain(two, lower_case) for one, two in pairs)
    return equal / len(hypotheses)


def _metrics(lower_case: bool) -> tuple[BLEU, CHRF, BLEU]:
    # force: sacrebleu would otherwise warn that a corpus of spaced-out punctuation is tokenised.
    words = BLEU(tokenize="none", smooth_method="none", force=True)
    return BLEU(lowercase=lower_case, force=True), CHRF(lowercase=lower_case), words


def _words(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _plain(text: str, lower_case: bool) -> str:
    text = " ".join(text.split())
    return text.lower() if lower_case else text


def _require_pairs(hypotheses: Sequence[str], references: Sequence[str]) -> None:
    if len(hypotheses) != len(references):
        raise ValueError(
            f"{len(hypotheses)} hypotheses cannot be scored against {len(references)} references; "
            "give one of each for every sentence"
        )
    if not hypotheses:
        raise ValueError("0 hypotheses have no scores; give at least one sentence")
