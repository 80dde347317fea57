"""The cubes show what the definitions of the norms name, and the committed ones are of today."""

import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.model.build import transformer
from tests.options import CONF, option
from tests.probes.subjects import subject
from whynorm.norms.norm import Norm
from whynorm.norms.standardize import standardize
from whynorm.probes.cube import (
    LENGTHS,
    MARKED,
    SHOWN,
    WIDENED,
    WIDTHS,
    catalogue,
    cube,
    draw_catalogue,
    entry,
    widths,
)
from whynorm.probes.subject import MakeNorm
from whynorm.results.cards import page, read
from whynorm.results.cubes import Cube, draw

FIGURE = CONF.parent / "docs" / "figure" / "norms.svg"
EXPERIMENT = CONF.parent / "experiments" / "dependency"
REAL = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(-1)
BATCH, TIME, FEATURE = MARKED


def expected(title: str) -> Tensor:
    """The cells written down from the definitions of the norms."""
    cells = torch.zeros(*REAL.shape, 4, dtype=torch.bool)
    match title:
        case "layer":
            cells[BATCH, TIME] = True
        case "group":
            cells[BATCH, TIME, :2] = True
        case "group, over time":
            cells[BATCH, : LENGTHS[BATCH], :2] = True
        case "instance":
            cells[BATCH, : LENGTHS[BATCH], FEATURE] = True
        case "batch":
            cells[..., FEATURE] = REAL
        case "batch, counting padding":
            cells[..., FEATURE] = True
    return cells


@pytest.mark.parametrize(("title", "build"), SHOWN, ids=[title for title, _ in SHOWN])
def test_the_figure_shows_the_cells_that_the_definition_names(title: str, build: MakeNorm) -> None:
    assert torch.equal(torch.from_numpy(cube(title, build(4)).shared), expected(title))


def test_a_norm_that_sees_another_sentence_is_said_to() -> None:
    class Neighbour(Norm):
        """Subtracts what stands at the same place in the next sentence."""

        def location_and_scale(self, x: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
            return x.roll(-1, 0), torch.ones_like(x)

    assert "other sentences" in cube("neighbour", Neighbour(4)).caption


def test_the_committed_figure_is_what_the_norms_do_today(tmp_path: Path) -> None:
    cubes: list[Cube] = [cube(title, build(4)) for title, build in SHOWN]
    draw(cubes, tmp_path / "norms")
    assert drawing(tmp_path / "norms.svg") == drawing(FIGURE)


def make(name: str) -> MakeNorm:
    first, *overrides = name.split()
    return option("norm", first.removeprefix("norm="), *overrides)


def test_a_norm_without_location_and_scale_is_drawn_too() -> None:
    assert (
        entry("norm=dyt", option("norm", "dyt")(8)).caption == "itself alone\nevaluating: the same"
    )


def test_running_statistics_leave_a_number_alone_when_evaluating() -> None:
    norm = standardize(8, over="tokens")
    caption = entry("norm=standardize norm.over=tokens", norm).caption
    assert caption == "one feature of all real tokens\nevaluating: itself alone"


def test_a_norm_that_moves_while_it_is_drawn_keeps_its_statistics() -> None:
    norm = option("norm", "batch")(4)
    cube("batch", norm)
    assert norm.running_mean.tolist() == [0.0] * 4


@pytest.mark.long
def test_the_committed_catalogue_is_what_the_norms_do_today(tmp_path: Path) -> None:
    rows = read(EXPERIMENT / "truth.csv")
    draw_catalogue({row["norm"]: make(row["norm"]) for row in rows}, tmp_path)
    for name in ("figure.svg", "every.svg"):
        assert drawing(tmp_path / name) == drawing(EXPERIMENT / name)


def test_every_norm_is_named_in_the_figure_of_patterns() -> None:
    words = " ".join(drawing(EXPERIMENT / "figure.svg"))
    for row in read(EXPERIMENT / "truth.csv"):
        assert all(
            word.split("=")[0] in words for word in re.findall(r"norm[.=](\S+)", row["norm"])
        )


def test_the_catalogue_says_whether_each_prediction_came_true(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whynorm.probes.cube.WIDTHS", (8,))
    header = (EXPERIMENT / "truth.csv").read_text().splitlines()[0]
    rows = ["norm=rms,no,no,no,no,no,no", "norm=rms norm.eps=1.0,no,no,no,no,yes,no"]
    (tmp_path / "truth.csv").write_text("\n".join([header, *rows]))
    asked = subject(transformer())._replace(norm_of=make)
    truth, docs = str(tmp_path / "truth.csv"), str(tmp_path / "norms.md")
    found = catalogue(asked, tmp_path / "found", truth=truth, docs=docs, cost=False)
    assert [row["as predicted"] for row in found] == ["yes", "no"]
    assert Path(docs).read_text() == page(found)
    assert {path.name for path in (tmp_path / "found").iterdir()} == {
        *("figure.svg", "figure.png", "every.svg", "every.png", "width.csv")
    }


SHARES = {"norm=layer": 1, "norm=rms": 1, "norm=group": 4}


@pytest.mark.long
@pytest.mark.parametrize("name", WIDENED)
def test_as_many_features_move_one_feature_as_the_formula_has(name: str) -> None:
    for row in widths({name: make(name)}):
        expected = int(row["width"]) // SHARES[name] if name in SHARES else 1
        assert (row["features by editing"], row["features by gradient"]) == (expected, expected)


def test_the_committed_counts_are_of_these_norms_and_widths_and_agree() -> None:
    rows = read(EXPERIMENT / "width.csv")
    assert [(row["norm"], int(row["width"])) for row in rows] == [
        (name, width) for name in WIDENED for width in WIDTHS
    ]
    for row in rows:
        expected = int(row["width"]) // SHARES[row["norm"]] if row["norm"] in SHARES else 1
        assert {int(row["features by editing"]), int(row["features by gradient"])} == {expected}


def drawing(path: Path) -> list[str]:
    """What a figure paints: its fills, in order, and its words."""
    text = path.read_text()
    return re.findall(r"fill: (#\w+)", text) + re.findall(r">([^<>\s][^<>]*)</text>", text)
