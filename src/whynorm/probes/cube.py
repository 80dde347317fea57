"""Which numbers of a batch share location and scale: asked of live norms by editing their input.

`python -m whynorm.probes.cube docs/figure` draws the README's figure.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy
import torch
from jaxtyping import Bool
from torch import Tensor

from whynorm.norms.batch import BatchNorm
from whynorm.norms.group import GroupNorm
from whynorm.norms.instance import InstanceNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.results.cubes import Cube, draw

FEATURES = 4
LENGTHS = (6, 4, 3)
MARKED = (1, 2, 1)

SHOWN: list[tuple[str, Callable[[int], Norm]]] = [
    ("layer", lambda d_model: LayerNorm(d_model)),
    ("group", lambda d_model: GroupNorm(d_model, groups=2)),
    ("group, over time", lambda d_model: GroupNorm(d_model, groups=2, over_time=True)),
    ("instance", lambda d_model: InstanceNorm(d_model)),
    ("batch", lambda d_model: BatchNorm(d_model)),
    ("batch, counting padding", lambda d_model: BatchNorm(d_model, count_padding=True)),
]


def shared(
    norm: Norm, real: Bool[Tensor, "batch time"], marked: tuple[int, int, int]
) -> Bool[Tensor, "batch time feature"]:
    """True at every number which, when edited, moves the marked number's location or scale.

    Each number is lifted and lowered far, so that a minimum or maximum shows too.
    """
    x = torch.randn(*real.shape, norm.d_model)
    moved = torch.zeros(x.shape, dtype=torch.bool)
    before = location_and_scale(norm, x, real, marked)
    for cell in numpy.ndindex(*x.shape):
        for edit in (1e3, -1e3):
            edited = x.clone()
            edited[cell] += edit
            moved[cell] |= (location_and_scale(norm, edited, real, marked) != before).any()
    return moved


def location_and_scale(
    norm: Norm, x: Tensor, real: Bool[Tensor, "batch time"], cell: tuple[int, int, int]
) -> Tensor:
    """What the norm subtracts from one number of x, and what it divides it by."""
    with torch.no_grad():
        both = norm.location_and_scale(x, real)
    return torch.stack([statistic.expand(x.shape)[cell] for statistic in both])


def cube(title: str, norm: Norm) -> Cube:
    """The panel of one norm in training, on a small batch with padding."""
    real = torch.arange(max(LENGTHS)) < torch.tensor(LENGTHS).unsqueeze(-1)
    moved = shared(norm.train(), real, MARKED)
    return Cube(title, caption(moved, real), moved.numpy(), real.numpy(), MARKED)


def caption(moved: Bool[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]) -> str:
    """What the shared numbers span, in words."""
    batch, time, _ = MARKED
    seen = {
        "the future": bool(moved[batch, time + 1 :].any()),
        "other sentences": bool(moved[torch.arange(len(moved)) != batch].any()),
        "padding": bool(moved[~real].any()),
    }
    features = int(moved[batch, time].sum())
    numbers = {1: "one feature", FEATURES: "all features"}.get(features, f"{features} features")
    names = ", ".join(name for name, sees in seen.items() if sees)
    return f"over {numbers}\nsees {names or 'its own token only'}"


def main() -> None:
    """Write the figure as `norms.svg` and `norms.png` into the folder named on the command line."""
    torch.manual_seed(0)
    draw([cube(title, build(FEATURES)) for title, build in SHOWN], Path(sys.argv[1]) / "norms")


if __name__ == "__main__":
    main()
