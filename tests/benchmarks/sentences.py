"""Small material for the tests of benchmarks."""

import random

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.material import Material
from whynorm.data.batch import Example
from whynorm.data.vocabulary import SPECIAL

VOCABULARY = 50
SIZES = Sizes(
    d_model=16,
    heads=2,
    d_ff=32,
    encoder_layers=2,
    decoder_layers=1,
    dropout=0.1,
    vocabulary=VOCABULARY,
    longest=12,
    label_smoothing=0.1,
    clip=1.0,
)


def example(source: int, target: int, number: int = 0) -> Example:
    draw = random.Random(100 * source + target)
    ids = range(SPECIAL, VOCABULARY)
    return Example(draw.choices(ids, k=source), draw.choices(ids, k=target), number)


def material() -> Material:
    """Two rounds: of two batches, then of one."""
    first = [[example(3, 4, 0), example(7, 2, 1)], [example(5, 5, 0)]]
    return Material([first, [[example(2, 8, 0), example(4, 4, 1)]]], VOCABULARY)
