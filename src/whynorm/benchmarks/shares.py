"""How much of the rate of matrix products a model's training reaches."""

from statistics import median

from whynorm.benchmarks.arithmetic import Sizes, training_operations
from whynorm.benchmarks.contest import Outcome
from whynorm.benchmarks.material import Material
from whynorm.benchmarks.matrices import NAME as MATRICES
from whynorm.benchmarks.summary import rounds_of


def shares(contender: str, outcome: Outcome, lot: Material, sizes: Sizes) -> dict[int, float]:
    """Its operations a second over the matrices' in the same round, in percent, by round.

    Only products over real tokens count, so what is spent on padding lowers the share.
    """
    rates = {number: row.rate for number, row in rounds_of(outcome, MATRICES).items()}
    return {
        number: 100 * training_operations(sizes, lot, number) / row.seconds / rates[number]
        for number, row in rounds_of(outcome, contender).items()
        if number in rates
    }


def share(contender: str, outcome: Outcome, lot: Material, sizes: Sizes) -> float | None:
    """The median over the rounds; None where there is none."""
    found = shares(contender, outcome, lot, sizes)
    return median(found.values()) if found else None
