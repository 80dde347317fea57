import re
from pathlib import Path

import matplotlib.image
import numpy
import pytest
from matplotlib.figure import Figure

from whynorm.results.cubes import INK
from whynorm.results.flow import LOOKS, Panel, curves, draw, dress, wide

PANELS = [
    Panel("gradient", {"encoder": [1.0, 0.1, 0.01], "decoder": [2.0, 1.0, 0.5]}),
    Panel("variance", {"encoder": [1.0, 2.0, 3.0], "decoder": [2.0, 3.0, 4.0]}),
]


def test_the_picture_names_every_measure_and_stack(tmp_path: Path) -> None:
    draw(PANELS, tmp_path / "flow")
    words = re.findall(r">([^<>]+)</text>", (tmp_path / "flow.svg").read_text())
    assert {"gradient", "variance", "encoder", "decoder", "layer"} <= set(words)


def test_the_picture_is_the_same_when_it_is_drawn_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        draw(PANELS, tmp_path / name)
    assert (tmp_path / "one.svg").read_text() == (tmp_path / "two.svg").read_text()


def test_the_paper_shows_through_and_nothing_is_black_or_white(tmp_path: Path) -> None:
    draw(PANELS, tmp_path / "flow")
    picture = matplotlib.image.imread(tmp_path / "flow.png")
    assert picture[0, 0, 3] == 0
    ink = picture[picture[..., 3] == 1][:, :3]
    assert ink.max(1).min() > 0.3
    assert ink.min(1).max() < 0.7


def test_the_two_stacks_differ_in_colour_marker_and_dash() -> None:
    one, two = LOOKS
    assert all(a != b for a, b in zip(one, two, strict=True))
    assert INK not in (one.color, two.color)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([1.0, 100.0], True), ([1.0, 2.0], False), ([0.0, 100.0], False), ([float("nan")], False)],
)
def test_a_logarithm_is_taken_where_positive_values_span_far(
    values: list[float], expected: bool
) -> None:
    assert wide(Panel("measure", {"encoder": values})) is expected


def test_a_value_that_is_not_a_number_leaves_a_gap(tmp_path: Path) -> None:
    draw([Panel("ratio", {"encoder": [numpy.nan, 1.0, 2.0]})], tmp_path / "flow")
    assert "nan" not in (tmp_path / "flow.svg").read_text().lower()


def test_values_that_hardly_differ_lie_level_and_inside_the_panel() -> None:
    axes = Figure().add_subplot()
    panel = Panel("variance", {"encoder": [0.99999, 1.0, 0.99998]})
    curves(axes, panel)
    dress(axes, panel)
    low, high = axes.get_ylim()
    assert low == 0
    assert 1.01 < high < 1.5
