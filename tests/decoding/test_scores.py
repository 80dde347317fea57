import math
from collections import Counter
from collections.abc import Sequence

import pytest
import sacrebleu

from whynorm.decoding.scores import corpus_scores, exact_match

REFERENCES = ["A man sleeps on the green bench.", "Two dogs run through the snow!", "A child."]
HYPOTHESES = ["A man sleeps on a green bench.", "two dogs run through the snow !", ""]


def words_bleu_by_hand(
    hypotheses: Sequence[Sequence[str]], references: Sequence[Sequence[str]]
) -> float:
    """BLEU-4 of Papineni et al. 2002, eq. 1 to 3, in percent."""
    pairs = list(zip(hypotheses, references, strict=True))
    logs = []
    for order in range(1, 5):
        matched = sum((grams(h, order) & grams(r, order)).total() for h, r in pairs)
        logs.append(math.log(matched / sum(grams(h, order).total() for h, _ in pairs)))
    lengths = sum(map(len, references)) / sum(map(len, hypotheses))
    return 100 * math.exp(sum(logs) / 4 + min(0.0, 1 - lengths))


def grams(words: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(words[start:] for start in range(order)), strict=False))


def test_words_bleu_equals_the_formula_over_lower_cased_words_and_marks() -> None:
    hypotheses = [
        "a man sleeps on a green bench .".split(),
        "two dogs run through the snow !".split(),
        [],
    ]
    references = [
        "a man sleeps on the green bench .".split(),
        "two dogs run through the snow !".split(),
        "a child .".split(),
    ]
    by_hand = words_bleu_by_hand(hypotheses, references)
    assert corpus_scores(HYPOTHESES, REFERENCES)["words_bleu"] == pytest.approx(by_hand)


def test_bleu_and_chrf_equal_those_of_sacrebleu() -> None:
    scores = corpus_scores(HYPOTHESES, REFERENCES)
    assert scores["bleu"] == sacrebleu.corpus_bleu(HYPOTHESES, [REFERENCES]).score
    assert scores["chrf"] == sacrebleu.corpus_chrf(HYPOTHESES, [REFERENCES]).score


def test_bleu_depends_on_case_and_words_bleu_does_not() -> None:
    upper = [text.upper() for text in REFERENCES]
    scores = corpus_scores(upper, REFERENCES)
    assert scores["bleu"] != pytest.approx(100)
    assert scores["words_bleu"] == pytest.approx(100)


def test_words_bleu_counts_an_unknown_word_as_one_word() -> None:
    unknown = corpus_scores(["a man sleeps on a <unknown> ."], ["A man sleeps on a bench."])
    wrong = corpus_scores(["a man sleeps on a board ."], ["A man sleeps on a bench."])
    assert unknown["words_bleu"] == wrong["words_bleu"]


def test_signatures_say_how_each_score_was_measured() -> None:
    scores = corpus_scores(HYPOTHESES, REFERENCES)
    assert "case:mixed|eff:no|tok:13a|smooth:exp" in str(scores["bleu_signature"])
    assert "case:mixed|eff:yes|nc:6|nw:0" in str(scores["chrf_signature"])
    assert "lower-cased words|" in str(scores["words_bleu_signature"])
    assert "tok:none|smooth:none" in str(scores["words_bleu_signature"])


def test_exact_match_is_the_share_of_sentences_that_equal_their_reference() -> None:
    assert exact_match(["a b", "c", "d", "e"], ["a b", "c", "D", "f"]) == 0.5


def test_exact_match_does_not_depend_on_white_space() -> None:
    assert exact_match([" a   b "], ["a b"]) == 1.0


def test_exact_match_does_not_depend_on_case_where_the_vocabulary_has_none() -> None:
    assert exact_match(["ein hund"], ["Ein Hund"], lower_case=True) == 1.0


def test_a_corpus_of_empty_translations_scores_nothing() -> None:
    scores = corpus_scores(["", ""], ["A man.", "A dog."])
    assert [scores[name] for name in ("bleu", "chrf", "words_bleu", "exact_match")] == [0.0] * 4


def test_scoring_refuses_corpora_of_different_length() -> None:
    with pytest.raises(ValueError, match="1 hypotheses cannot be scored against 2 references"):
        corpus_scores(["a"], ["a", "b"])


def test_scoring_refuses_no_sentences() -> None:
    with pytest.raises(ValueError, match="0 hypotheses have no scores"):
        corpus_scores([], [])
