from pathlib import Path

import pytest

from whynorm.results.growth import MEASURES, Row, draw, short

ROWS: list[Row] = [
    {
        "axis": axis,
        "value": value,
        "tokens/s": 10.0 * value,
        "peak MiB": 1.0,
        "share of matrix rate, %": 2.0,
    }
    for axis in ("d_model", "workers")
    for value in (1, 2)
]


def test_the_picture_has_a_column_for_each_axis_and_a_row_for_each_measure(tmp_path: Path) -> None:
    draw(ROWS, tmp_path / "curves")
    text = (tmp_path / "curves.svg").read_text()
    named = ("d_model", "loader workers", *MEASURES)
    assert [name for name in named if f">{name}<" not in text] == []


def test_nothing_measured_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        draw([], tmp_path / "curves")


@pytest.mark.parametrize(("value", "text"), [(64, "64"), (8000, "8k"), (8192, "8.19k")])
def test_large_values_are_written_short(value: int, text: str) -> None:
    assert short(value) == text
