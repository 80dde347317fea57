import re

import pytest

from whynorm.results.language import IN_KOREAN, translated
from whynorm.results.measures import MEASURES, measure
from whynorm.results.standalone import own
from whynorm.results.wording import WORDS, measured, named, placed

ASKED = re.findall(r'\{\{ "([^"]+)" \| said', own("claims.html"))


def test_english_words_are_their_own_translation() -> None:
    assert translated("whatever it is", "en") == "whatever it is"


@pytest.mark.parametrize("words", ASKED)
def test_every_word_of_the_page_of_claims_is_said_in_korean(words: str) -> None:
    assert re.search("[가-힣]", translated(words, "ko"))


@pytest.mark.parametrize("words", IN_KOREAN)
def test_a_translation_keeps_every_place(words: str) -> None:
    places = [sorted(re.findall(r"\{\w+\}", text)) for text in (words, IN_KOREAN[words])]
    assert places[0] == places[1]


@pytest.mark.parametrize("column", MEASURES)
def test_every_measure_has_a_name_in_korean(column: str) -> None:
    english = measured(column, "en")
    assert english == measure(column).words
    assert measured(column, "ko") != english or english in ("BLEU", "chrF")


@pytest.mark.parametrize("verdict", WORDS.values())
def test_every_verdict_of_a_comparison_is_said_in_korean(verdict: str) -> None:
    assert re.search("[가-힣]", translated(verdict, "ko"))


def test_a_column_of_which_nothing_is_known_keeps_its_name() -> None:
    assert measured("some_score", "ko") == named("some_score", "ko") == "some score"


def test_conditions_keep_their_names_in_every_language() -> None:
    place = {"placement": "post", "norm.groups": "4"}
    assert placed(place, "ko") == "placement = post, norm.groups = 4"
    assert placed(place, "en") == "placement = post and norm.groups = 4"
    assert placed({}, "ko") == placed({}, "en") == ""
