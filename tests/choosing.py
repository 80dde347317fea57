"""What the quick suite takes of many cases that go the same way."""

from collections.abc import Iterable
from itertools import product
from typing import Any

import pytest
from _pytest.mark.structures import ParameterSet

LONG = pytest.mark.long


def sampled(cases: Iterable[tuple[Any, ...]], every: int = 3) -> list[ParameterSet]:
    """All of them; but for the first of `every` they are left to the long suite."""
    return [
        pytest.param(*case, marks=LONG if number % every else ())
        for number, case in enumerate(cases)
    ]


def crossed(ones: list[str], others: list[str], usual: tuple[str, str]) -> list[ParameterSet]:
    """All pairs; those without a usual one in its place are left to the long suite."""
    return [
        pytest.param(*pair, marks=() if pair[0] == usual[0] or pair[1] == usual[1] else LONG)
        for pair in product(ones, others)
    ]
