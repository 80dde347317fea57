"""What benchmarks ask for, without a command line."""

from pathlib import Path

from tests.benchmarks.sentences import SIZES
from tests.options import option
from whynorm.benchmarks.given import Encoded, Given, MakeNorm


def norm(words: str) -> MakeNorm:
    first, *overrides = words.split()
    return option("norm", first.removeprefix("norm="), *overrides)


GIVEN = Given(
    name="tutorial",
    seed=1,
    encoded=lambda: Encoded([], 0),
    sizes=lambda vocabulary, longest: SIZES,
    ours=lambda words, path: NotImplemented,
    watched=lambda: NotImplemented,
    norms=["ada", "batch", "layer", "none"],
    norm=norm,
    launcher=Path("run.py"),
)
