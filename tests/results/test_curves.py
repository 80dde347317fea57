import math
from collections.abc import Callable
from pathlib import Path

import pandas
import pytest
from matplotlib.figure import Figure

from tests.results.pictures import INKS, words
from tests.results.sweeps import QUESTION, run
from whynorm.results import curves
from whynorm.results.runs import Question, Run
from whynorm.results.statistics import curve_bands


def learning(arm: str, seed: int, lowest: float, **place: str) -> Run:
    """A run whose loss falls."""
    steps = list(range(100, 1100, 100))
    losses = [lowest + 4.0 * math.exp(-step / 300) + 0.05 * seed for step in steps]
    return run(
        {"arm": arm, **place, "seed": str(seed)},
        pandas.DataFrame({"step": steps, "val/loss": losses}),
    )


RUNS = [learning(arm, seed, 2.0) for arm in ("layer", "b$a$tch_norm") for seed in range(3)]


def draw(runs: list[Run], path: Path, question: Question = QUESTION) -> Path:
    """The picture of the validation losses."""
    curves.draw(curve_bands(runs, question, "val/loss"), runs, question, "val/loss", path)
    return path.with_suffix(".svg")


def test_a_band_equals_students_interval_at_each_step() -> None:
    found = curve_bands(logged([[4.0, 10.0], [4.0, 12.0], [4.0, 14.0]]), QUESTION, "val/loss")
    half = 4.302653 * 2.0 / math.sqrt(3)
    assert found[["step", "mean", "low", "high"]].to_numpy().tolist() == [
        [5.0, 4.0, 4.0, 4.0],
        pytest.approx([10.0, 12.0, 12.0 - half, 12.0 + half], rel=1e-6),
    ]


def test_a_band_counts_the_runs_that_have_a_finite_number() -> None:
    found = curve_bands(
        logged([[4.0, 3.0], [4.0, math.inf], [math.nan, 5.0]]), QUESTION, "val/loss"
    )
    assert list(found["seeds"]) == [2, 2]
    assert list(found["mean"]) == [4.0, 4.0]


def test_of_a_step_that_was_logged_twice_the_last_counts() -> None:
    twice = pandas.DataFrame({"step": [5, 10, 10], "val/loss": [4.0, 9.0, 3.0]})
    found = curve_bands([run({"arm": "layer", "seed": "1"}, twice)], QUESTION, "val/loss")
    assert list(found["mean"]) == [4.0, 3.0]


def logged(losses: list[list[float]]) -> list[Run]:
    """Runs of one arm that logged these losses at steps 5 and 10."""
    return [
        run({"arm": "layer", "seed": str(n)}, pandas.DataFrame({"step": [5, 10], "val/loss": one}))
        for n, one in enumerate(losses)
    ]


def test_the_picture_names_arms_and_axes_literally(tmp_path: Path) -> None:
    assert {"layer", "b$a$tch_norm", "update", "validation loss, nats per token"} <= words(
        draw(RUNS, tmp_path / "curves")
    )


def test_every_seed_has_a_line_and_every_arm_a_band(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures: list[Figure] = []
    monkeypatch.setattr(curves, "save", lambda figure, path: figures.append(figure))
    draw(RUNS, tmp_path / "curves")
    [axes] = figures[0].axes
    assert [round(line.get_linewidth(), 1) for line in axes.lines].count(0.6) == 6
    assert len(axes.collections) == 2


def test_each_condition_has_a_panel(tmp_path: Path) -> None:
    runs = [
        learning(arm, 1, 2.0, placement=place)
        for place in ("post", "pre")
        for arm in ("layer", "batch")
    ]
    found = words(draw(runs, tmp_path / "curves"))
    assert {"placement = post", "placement = pre"} <= found


def test_of_many_conditions_the_ends_and_the_middle_of_the_factor_are_drawn() -> None:
    runs = [
        learning(arm, 1, 2.0, sentences=str(n)) for n in range(1, 12) for arm in ("layer", "batch")
    ]
    question = QUESTION._replace(factor="sentences")
    shown = curves.shown(curve_bands(runs, question, "val/loss"), question)
    assert [place["sentences"] for place in shown] == ["1", "6", "11"]


def test_a_column_that_no_run_logged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="column=val/lost was logged by no run"):
        curves.draw(
            curve_bands(RUNS, QUESTION, "val/lost"), RUNS, QUESTION, "val/lost", tmp_path / "curves"
        )


@pytest.mark.parametrize("claim", INKS)
def test_the_picture_reads_on_white_and_on_black_paper(
    claim: Callable[[Path], bool], tmp_path: Path
) -> None:
    assert claim(draw(RUNS, tmp_path / "curves").with_suffix(".png"))


def test_the_picture_is_the_same_when_it_is_drawn_again(tmp_path: Path) -> None:
    one, two = (draw(RUNS, tmp_path / name).read_text() for name in ("one", "two"))
    assert one == two


def scale_of(falls: bool) -> str:
    """How the vertical axis is drawn for means that span five powers of ten."""
    axes = Figure().subplots()
    bands = pandas.DataFrame({"step": [1, 2, 3], "mean": [100.0, 1.0, 0.001]})
    curves.scale(axes, bands, falls=falls)
    return axes.get_yscale()


def test_losses_that_span_far_are_drawn_by_their_logarithm() -> None:
    assert scale_of(falls=True) == "log"


def test_scores_of_translations_keep_their_zero() -> None:
    assert scale_of(falls=False) == "linear"
