"""What a benchmark asks for and does not build itself, since it knows no configuration."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from torch import nn

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender
from whynorm.data.batch import Example

MakeNorm = Callable[[int], nn.Module]


class Encoded(NamedTuple):
    """The training pairs of the chosen data as ids, and how many ids there are."""

    examples: Sequence[Example]
    vocabulary: int


class Given(NamedTuple):
    """The configuration's part in a benchmark, each only when asked for.

    `name` is that of the chosen model. `sizes` are the model's, for a vocabulary and a longest
    sentence. `ours` makes whoever trains our model, as further words of a command line change it,
    on the material in a file. `norm` makes the norm that such words choose, and `norms` are all
    there are to choose from. `seconds_of` runs run.py with a command line.
    """

    name: str
    seed: int
    encoded: Callable[[], Encoded]
    sizes: Callable[[int, int], Sizes]
    ours: Callable[[Sequence[str], Path], Callable[[], Contender]]
    norms: Sequence[str]
    norm: Callable[[str], MakeNorm]
    launcher: Path
