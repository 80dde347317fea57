import re

import pytest

from whynorm.results.language import IN_KOREAN, translated
from whynorm.results.standalone import own

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
