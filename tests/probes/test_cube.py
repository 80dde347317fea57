import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from whynorm.norms.norm import Norm
from whynorm.probes.cube import LENGTHS, MARKED, SHOWN, cube
from whynorm.results.cubes import Cube, draw

FIGURE = Path("docs/figure/norms.svg")
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
def test_the_figure_shows_the_cells_that_the_definition_names(title: str, build: type) -> None:
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


def drawing(path: Path) -> list[str]:
    """What a figure paints: its fills, in order, and its words."""
    text = path.read_text()
    return re.findall(r"fill: (#\w+)", text) + re.findall(r">([^<>\s][^<>]*)</text>", text)
