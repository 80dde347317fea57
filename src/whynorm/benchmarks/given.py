"""What a benchmark asks for and does not build itself, since it knows no configuration."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable

from torch import nn

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Contender
from whynorm.data.batch import Example
from whynorm.data.corpus import Corpus

MakeNorm = Callable[[int], nn.Module]


class Encoded(NamedTuple):
    """The training pairs of the chosen data as ids, and how many ids there are."""

    examples: Sequence[Example]
    vocabulary: int


class Moment(NamedTuple):
    """How far a training has come, in the seconds that it trained."""

    updates: int
    epochs: float
    target_tokens: int
    seconds: float


@runtime_checkable
class WatchedTraining(Protocol):
    """Our training as `task=train` does it, which stops its clock now and then to be looked at."""

    corpus: Corpus

    def train(self, *, every: int, threads: int, look: Callable[[Moment], bool]) -> None:
        """Train, and look after `every` updates and after the last one, until a look is True."""
        ...

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Greedy translations with the weights as they are."""
        ...


class Given(NamedTuple):
    """The configuration's part in a benchmark, each only when asked for.

    `name` is that of the chosen model. `sizes` are the model's, for a vocabulary and a longest
    sentence. `ours` makes whoever trains our model, as further words of a command line change it,
    on the material in a file. `watched` is our whole training on the chosen data. `norm` makes
    the norm that such words choose, and `norms` are all there are to choose from. `launcher` is
    the run.py of this command.
    """

    name: str
    seed: int
    encoded: Callable[[], Encoded]
    sizes: Callable[[int, int], Sizes]
    ours: Callable[[Sequence[str], Path], Callable[[], Contender]]
    watched: Callable[[], WatchedTraining]
    norms: Sequence[str]
    norm: Callable[[str], MakeNorm]
    launcher: Path
