"""The pictures of attention show every map, with words at the outer edges only."""

import re
from pathlib import Path

import numpy
import pytest
from matplotlib.axes import Axes

from whynorm.results.attention import COLOURS, SCALE, Grid, draw, draw_grid, frames, require_format

QUERIES = ["<begin>", "ein", "Hund"]
KEYS = ["a", "dog", "sleeps", "now"]


def grid(layers: int = 2, heads: int = 3) -> Grid:
    weights = numpy.random.dirichlet([1.0] * len(KEYS), (layers, heads, len(QUERIES)))
    return Grid(weights.tolist(), QUERIES, KEYS)


def words(path: Path) -> list[str]:
    return re.findall(r">([^<>\s][^<>]*)</text>", path.read_text(encoding="utf-8"))


def painted(monkeypatch: pytest.MonkeyPatch, given: Grid, path: Path) -> list[list[list[float]]]:
    """The weights that are painted, in the order of painting."""
    found: list[list[list[float]]] = []
    paint = Axes.imshow

    def remember(axes: Axes, weights: list[list[float]], **options: object) -> object:
        found.append(weights)
        return paint(axes, weights, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Axes, "imshow", remember)
    draw_grid(given, path)
    return found


def test_every_layer_and_head_is_painted_in_reading_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = grid()
    maps = [head for layer in given.weights for head in layer]
    assert painted(monkeypatch, given, tmp_path / "maps") == maps


def test_queries_stand_left_of_each_layer_and_keys_below_each_head(tmp_path: Path) -> None:
    draw_grid(grid(layers=2, heads=3), tmp_path / "maps")
    found = words(tmp_path / "maps.svg")
    assert [found.count(word) for word in ("ein", "dog")] == [2, 3]
    assert {f"layer {n}" for n in (1, 2)} | {f"head {n}" for n in (1, 2, 3)} <= {*found}


@pytest.mark.parametrize("shape", [(1, 1), (2, 4), (6, 8)])
def test_a_cell_has_the_same_size_in_a_small_and_in_a_large_model(shape: tuple[int, int]) -> None:
    figure, axes = frames(Grid(grid(*shape).weights, QUERIES * 3, KEYS * 3))
    box = axes[0, 0].get_position()
    size = box.width * figure.get_figwidth() / 12, box.height * figure.get_figheight() / 9
    assert size == pytest.approx((0.19, 0.19))


def test_a_weight_that_is_no_number_has_a_colour_that_no_weight_has() -> None:
    colours = {tuple(COLOURS(SCALE(weight))) for weight in numpy.linspace(0, 1, 256)}
    assert tuple(COLOURS(numpy.ma.masked_invalid([numpy.nan]))[0]) not in colours


def test_more_weight_is_darker() -> None:
    brightness = [sum(COLOURS(SCALE(weight))[:3]) for weight in numpy.linspace(0, 1, 50)]
    assert brightness == sorted(brightness, reverse=True)


def test_a_sentence_of_no_words_is_drawn(tmp_path: Path) -> None:
    draw_grid(Grid([[[[0.5, 0.5]]]], [""], ["", ""]), tmp_path / "maps")
    assert {"head 1", "layer 1"} <= {*words(tmp_path / "maps.svg")}


def test_one_map_names_every_word_of_both_sides(tmp_path: Path) -> None:
    draw(numpy.full((3, 4), 0.25).tolist(), KEYS, ["x", "y", "z"], tmp_path / "map.svg")
    comments = re.findall(r"<!-- (\S+) -->", (tmp_path / "map.svg").read_text())
    assert {*KEYS, "x", "y", "z"} <= {*comments}


def test_an_ending_that_is_no_picture_is_refused() -> None:
    with pytest.raises(ValueError, match=r"attention=map\.mp3: choose an ending among"):
        require_format(Path("map.mp3"))
