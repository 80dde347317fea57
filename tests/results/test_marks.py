import pytest

from whynorm.results.marks import between, renewed

PAGE = "before\n<!-- claims -->\nold\n<!-- /claims -->\nafter\n"


def test_a_section_is_what_stands_between_its_marks() -> None:
    assert between(PAGE, "claims") == "old"


@pytest.mark.parametrize("text", ["", "<!-- claims -->\nold", PAGE.replace("claims", "answer")])
def test_without_both_marks_there_is_no_section(text: str) -> None:
    assert between(text, "claims") is None


def test_what_stands_around_a_section_stays() -> None:
    text = renewed(PAGE, "claims", "\\1 new\n")
    assert text == "before\n<!-- claims -->\n\\1 new\n<!-- /claims -->\nafter\n"
