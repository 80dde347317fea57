import math
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from matplotlib.figure import Figure

from tests.results.pictures import INKS, points, words, ys
from tests.results.sweeps import QUESTION, rows
from whynorm.results import factor
from whynorm.results.statistics import summary

SIZES = ("1", "4", "64")
ALONG = QUESTION._replace(factor="sentences")


def sweep(names: tuple[str, ...] = ("layer", "batch"), tokens: float = 12.5) -> pandas.DataFrame:
    """Three seeds of each arm at each size; batch diverges once at size 1."""
    made = []
    for name in names:
        for size in SIZES:
            lost = math.nan if (name, size) == ("batch", "1") else 12.0
            numbers = [10.0 + math.log2(int(size)), 11.0, lost]
            made += rows("bleu", name, numbers, placement="pre", sentences=size)
    table = pandas.DataFrame(made)
    return table.assign(tokens_per_batch=table["sentences"].astype(float) * tokens)


def draw(table: pandas.DataFrame, path: Path) -> Path:
    """The picture of a sweep."""
    factor.draw(table, summary(table, ALONG), ALONG, path)
    return path.with_suffix(".svg")


@pytest.fixture
def figure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Figure:
    """The figure before it is written."""
    figures: list[Figure] = []
    monkeypatch.setattr(factor, "save", lambda figure, path: figures.append(figure))
    draw(sweep(), tmp_path / "factor")
    return figures[0]


def test_the_axis_below_has_the_factors_values_and_that_above_their_tokens(tmp_path: Path) -> None:
    found = words(draw(sweep(), tmp_path / "factor"))
    assert {"1", "4", "64", "sentences"} <= found
    assert {"12", "50", "800", "real target tokens in a batch"} <= found


def test_the_axis_doubles_from_one_unit_to_the_next(figure: Figure) -> None:
    forward = figure.axes[0].xaxis.get_transform().transform([1.0, 4.0, 64.0])
    assert forward[2] - forward[1] == pytest.approx(2 * (forward[1] - forward[0]))


def test_tokens_that_stay_the_same_need_no_second_axis(tmp_path: Path) -> None:
    table = sweep().assign(tokens_per_batch=800.0)
    assert "real target tokens in a batch" not in words(draw(table, tmp_path / "factor"))


def test_the_line_runs_through_the_means(figure: Figure) -> None:
    lines = [line for line in figure.axes[0].lines if line.get_linestyle() != "None"]
    [base] = [ys(line) for line in lines if line.get_color() == "#0072b2"]
    assert base == pytest.approx([11.0, (12 + 11 + 12) / 3, (16 + 11 + 12) / 3])


def test_every_seed_is_a_dot_or_a_cross_at_0_where_it_diverged(figure: Figure) -> None:
    found = [y for _, y in points(figure.axes[0])]
    assert len(found) == 2 * len(SIZES) * 3
    assert found.count(0.0) == 1


def test_what_diverged_is_counted_in_words(tmp_path: Path) -> None:
    assert "Diverged: 1 of 18 runs (batch 1); in BLEU each counts as 0." in words(
        draw(sweep(), tmp_path / "factor")
    )


def test_a_name_is_drawn_as_it_is(tmp_path: Path) -> None:
    assert "$x_1$ & <b>" in words(draw(sweep(("layer", "$x_1$ & <b>")), tmp_path / "factor"))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("many", "factor=sentences has values that are no numbers: .*'many'"),
        ("0", "factor=sentences is 0 somewhere: it must be above 0"),
    ],
)
def test_a_factor_that_no_doubling_axis_holds_is_refused(
    value: str, message: str, tmp_path: Path
) -> None:
    table = sweep()
    with pytest.raises(ValueError, match=message):
        draw(table.assign(sentences=table["sentences"].replace("4", value)), tmp_path / "factor")


@pytest.mark.parametrize("claim", INKS)
def test_the_picture_reads_on_white_and_on_black_paper(
    claim: Callable[[Path], bool], tmp_path: Path
) -> None:
    assert claim(draw(sweep(), tmp_path / "factor").with_suffix(".png"))


def test_the_picture_is_the_same_when_it_is_drawn_again(tmp_path: Path) -> None:
    one, two = (draw(sweep(), tmp_path / name).read_text() for name in ("one", "two"))
    assert one == two
