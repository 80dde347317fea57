import math
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from matplotlib.figure import Figure

from tests.results.pictures import INKS, points, words, xs, ys
from tests.results.sweeps import QUESTION, rows, table
from whynorm.results import comparison, forest
from whynorm.results.runs import Question
from whynorm.results.statistics import comparisons

STEADY = [20.0, 21.0, 19.5]
ARMS = {"layer": STEADY, "b$a$tch": [17.1, 18.0, math.nan], "group": [20.1, 20.9, 19.6]}
ALONG = QUESTION._replace(factor="sentences")


def along() -> pandas.DataFrame:
    """A sweep over a factor: batch lies 8 below layer at 1, and with it at 16."""
    sweep = []
    for size, gap in (("1", -8.0), ("16", 0.0)):
        sweep += rows("bleu", "layer", STEADY, sentences=size)
        sweep += rows("bleu", "batch", [21.0 + gap, 21.1 + gap, 19.2 + gap], sentences=size)
    return pandas.DataFrame(sweep).assign(tokens_per_batch=100.0)


def draw(sweep: pandas.DataFrame, path: Path, question: Question = QUESTION) -> Path:
    """The picture of a sweep."""
    comparison.draw(sweep, comparisons(sweep, question), question, path)
    return path.with_suffix(".svg")


def figure_of(
    sweep: pandas.DataFrame, question: Question, monkeypatch: pytest.MonkeyPatch
) -> Figure:
    """The figure before it is written."""
    figures: list[Figure] = []
    for module in (comparison, forest):
        monkeypatch.setattr(module, "save", lambda figure, path: figures.append(figure))
    draw(sweep, Path("nowhere"), question)
    return figures[0]


def test_arms_verdicts_and_what_diverged_are_told_in_words(tmp_path: Path) -> None:
    found = words(draw(table(ARMS), tmp_path / "comparison"))
    assert {"b$a$tch", "group", "1 diverged, 0 of layer"} <= found
    assert "BLEU: difference to layer, better to the right" in found
    assert any(text.startswith("the same +0.0") for text in (" ".join(w.split()) for w in found))


def test_lower_is_better_in_a_loss(tmp_path: Path) -> None:
    question = QUESTION._replace(metric="test_loss")
    found = words(draw(table(ARMS, "test_loss"), tmp_path / "comparison", question))
    assert "test loss, nats per token: difference to layer, better to the left" in found


def test_the_bar_is_the_interval_and_each_seed_a_dot(monkeypatch: pytest.MonkeyPatch) -> None:
    sweep = table({"layer": STEADY, "batch": [17.1, 18.0, 16.7]})
    axes = figure_of(sweep, QUESTION, monkeypatch).axes[0]
    row = comparisons(sweep, QUESTION).iloc[0]
    assert [row["low"], row["high"]] in [xs(line) for line in axes.lines]
    assert [x for x, _ in points(axes)] == pytest.approx([-2.9, -3.0, -2.8])


def test_conditions_are_headings(tmp_path: Path) -> None:
    sweep = table(ARMS)
    sweep.insert(1, "placement", "pre")
    assert "placement = pre" in words(draw(sweep, tmp_path / "comparison"))


def test_with_a_factor_the_differences_are_drawn_along_it(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = figure_of(along(), ALONG, monkeypatch).axes[0]
    traces = [line for line in axes.lines if line.get_linestyle() == "--"]
    [line] = [line for line in traces if line.get_color() == "#d55e00"]
    gap = (1.0 + 0.1 - 0.3) / 3
    assert xs(line) == [1.0, 16.0]
    assert ys(line) == pytest.approx([gap - 8.0, gap])


def test_an_open_verdict_is_hollow(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = figure_of(along(), ALONG, monkeypatch).axes[0]
    marks = [line for line in axes.lines if line.get_marker() == "s"]
    found = {x: str(m.get_markerfacecolor()) for m in marks for x in xs(m)}
    assert [found[x] for x in sorted(found)] == ["#d55e00", "none"]


def test_the_margin_is_shaded(monkeypatch: pytest.MonkeyPatch) -> None:
    axes = figure_of(along(), ALONG._replace(margin=0.7), monkeypatch).axes[0]
    box = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert [box.y0, box.y1] == pytest.approx([-0.7, 0.7])


def test_the_baseline_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="baseline=layer stands alone: there is nothing to draw"):
        draw(table({"layer": STEADY}), tmp_path / "comparison")


@pytest.mark.parametrize("claim", INKS)
@pytest.mark.parametrize("question", [QUESTION, ALONG], ids=["forest", "along"])
def test_the_picture_reads_on_white_and_on_black_paper(
    claim: Callable[[Path], bool], question: Question, tmp_path: Path
) -> None:
    assert claim(draw(along(), tmp_path / "comparison", question).with_suffix(".png"))


@pytest.mark.parametrize("question", [QUESTION, ALONG], ids=["forest", "along"])
def test_the_picture_is_the_same_when_it_is_drawn_again(question: Question, tmp_path: Path) -> None:
    one, two = (draw(along(), tmp_path / name, question).read_text() for name in ("one", "two"))
    assert one == two
