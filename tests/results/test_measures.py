import math

import pytest

from whynorm.results.measures import brief, measure, number, written


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(-1.25, 2, "−1.25"), (12345.6, 1, "12,345.6"), (math.nan, 2, "–"), (-math.inf, 2, "−∞")],
)
def test_a_number_is_written_for_readers(value: float, decimals: int, text: str) -> None:
    assert written(value, decimals) == text


def test_a_difference_carries_its_sign() -> None:
    assert (written(1.5, 1, signed=True), written(-1.5, 1, signed=True)) == ("+1.5", "−1.5")


@pytest.mark.parametrize(("value", "text"), [(0.0015, "0.0015"), (32.0, "32"), (1024.0, "1,024")])
def test_a_value_of_the_configuration_is_brief(value: float, text: str) -> None:
    assert brief(value) == text


@pytest.mark.parametrize("text", ["layer", "", None, True, math.nan, math.inf, "nan"])
def test_what_is_no_finite_number_is_none(text: object) -> None:
    assert number(text) is None


def test_a_text_that_is_a_number_is_that_number() -> None:
    assert number("1e-3") == 0.001


def test_an_unknown_column_is_called_by_its_name() -> None:
    assert measure("some_score").words == "some score"
