"""What the features of a token are drawn from: light tails, heavy tails, and one outlier."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

Size = tuple[int, int]
Distribution = Callable[[Size, torch.Generator], Tensor]


def distributions(outliers: Sequence[float]) -> dict[str, Distribution]:
    """The distributions by name, the lighter tails first."""
    found: dict[str, Distribution] = {"uniform": uniform, "normal": normal, "student": student}
    far = {f"outlier {deviations:g}": deviations for deviations in outliers}
    return found | {name: partial(outlier, deviations=far[name]) for name in far}


def uniform(size: Size, randomness: torch.Generator) -> Float[Tensor, "token feature"]:
    """Between ±√3, so that the standard deviation is 1."""
    share = torch.rand(size, generator=randomness, dtype=torch.float64)
    return math.sqrt(3) * (2 * share - 1)


def normal(size: Size, randomness: torch.Generator) -> Float[Tensor, "token feature"]:
    """Standard normal."""
    return torch.randn(size, generator=randomness, dtype=torch.float64)


def student(size: Size, randomness: torch.Generator) -> Float[Tensor, "token feature"]:
    """Student's t with two degrees of freedom, whose variance is infinite."""
    # Half of a chi-squared number of two degrees of freedom is exponential.
    below = -torch.rand(size, generator=randomness, dtype=torch.float64).log()
    return normal(size, randomness) / below.sqrt()


def outlier(
    size: Size, randomness: torch.Generator, *, deviations: float
) -> Float[Tensor, "token feature"]:
    """Standard normal but for the first feature, so many standard deviations up or down."""
    x = normal(size, randomness)
    x[:, 0] = deviations * x[:, 0].sign()
    return x
