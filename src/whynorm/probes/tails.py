"""What heavy tails and outliers do to a norm: to its range, to ordinary features, to gradients."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy
import torch
from annotated_types import Ge, Gt
from jaxtyping import Float, Int
from torch import Tensor

from whynorm.norms.norm import Norm
from whynorm.probes.distributions import Distribution, Size, distributions, normal
from whynorm.probes.stream import kurtosis
from whynorm.probes.subject import AtLeastOne, MakeNorm, Row, Subject
from whynorm.results import tails as figure
from whynorm.results.statistics import interval

AtLeastTwo = Annotated[int, Ge(2)]
Deviations = Annotated[float, Gt(0)]


class Tokens(NamedTuple):
    """Tokens as they were drawn, what is compared within them, and a gradient for their output.

    In `calm` the most extreme feature of each token, the one farthest from the token's median,
    stands at that median. `ordinary` numbers the middle half of a token's features by rank,
    `ends` its smallest and its largest.
    """

    x: Float[Tensor, "token feature"]
    calm: Float[Tensor, "token feature"]
    ordinary: Int[Tensor, "token half"]
    ends: Int[Tensor, "token 2"]
    upstream: Float[Tensor, "token feature"]


class Passed(NamedTuple):
    """A norm's output, and the gradient that it hands on of what arrives."""

    y: Float[Tensor, "token feature"]
    gradient: Float[Tensor, "token feature"]


def tails(
    subject: Subject,
    folder: Path,
    *,
    norms: Mapping[str, MakeNorm],
    outliers: Sequence[Deviations] = (10.0, 30.0, 100.0),
    draws: AtLeastTwo = 20,
    tokens: AtLeastOne = 64,
    seed: int = 0,
) -> list[Row]:
    """A row for each distribution and norm; draws them as `figure.svg` and `.png`.

    Each measure is the mean over the tokens of a draw, averaged over draws; beside it, under its
    name with ±, stands half of Student's 95 % interval. All norms are given the same draws.
    """
    rows = table(norms, outliers, draws=draws, size=(tokens, subject.d_model), seed=seed)
    figure.draw(rows, folder / "figure")
    return rows


def table(
    norms: Mapping[str, MakeNorm],
    outliers: Sequence[float],
    *,
    draws: int,
    size: Size,
    seed: int = 0,
) -> list[Row]:
    """The rows, without a picture."""
    rows: list[Row] = []
    for name, distribution in distributions(outliers).items():
        randomness = torch.Generator().manual_seed(seed)
        given = [drawn(distribution, size, randomness) for _ in range(draws)]
        for norm, make in norms.items():
            found = [measured(make(size[1]), tokens) for tokens in given]
            rows.append({"distribution": name, "norm": norm, "draws": draws, **averaged(found)})
    return rows


def drawn(distribution: Distribution, size: Size, randomness: torch.Generator) -> Tokens:
    """Tokens of this distribution, with standard normal gradients for their output."""
    x, quarter = distribution(size, randomness), size[1] // 4
    median, ranks = x.median(-1, keepdim=True).values, x.argsort(-1)
    extreme = (x - median).abs().argmax(-1, keepdim=True)
    return Tokens(
        x,
        calm=x.scatter(-1, extreme, median),
        ordinary=ranks[:, quarter : size[1] - quarter],
        ends=ranks[:, [0, -1]],
        upstream=normal(size, randomness),
    )


def measured(norm: Norm, given: Tokens) -> dict[str, float]:
    """The measures of one draw, each the mean over its tokens."""
    coarse = in_bfloat16(norm, given.x).gather(-1, given.ordinary)
    after, before = (passed(norm.double(), x, given.upstream) for x in (given.x, given.calm))
    one, two = (each.y.gather(-1, given.ordinary) for each in (after, before))
    found = {
        **of_output(after.y, one),
        **of_move(one, two),
        "correlation in bfloat16": correlation(coarse, two),
        **of_gradient(after.gradient, before.gradient, given),
    }
    means = {name: float(value.mean()) for name, value in found.items()}
    return {"kurtosis": float(kurtosis(given.x)), **means}


def passed(
    norm: Norm, x: Float[Tensor, "token feature"], upstream: Float[Tensor, "token feature"]
) -> Passed:
    """The tokens through the norm and a gradient back, all in double precision."""
    leaf = x.clone().requires_grad_()
    y = norm(leaf[None], torch.ones(1, len(x), dtype=torch.bool))[0]
    [gradient] = torch.autograd.grad(y, leaf, upstream)
    return Passed(y.detach(), gradient)


@torch.no_grad()
def in_bfloat16(norm: Norm, x: Float[Tensor, "token feature"]) -> Float[Tensor, "token feature"]:
    """The output where numbers come and go in bfloat16, as in mixed precision."""
    real = torch.ones(1, len(x), dtype=torch.bool)
    return norm.float()(x.bfloat16()[None], real)[0].double()


def of_output(
    y: Float[Tensor, "token feature"], ordinary: Float[Tensor, "token half"]
) -> dict[str, Float[Tensor, " token"]]:
    """What the output looks like."""
    extent, middle = (each.amax(-1) - each.amin(-1) for each in (y, ordinary))
    return {
        "range": extent,
        "standard deviation": spread(y),
        "middle half": middle,
        "share of range": middle / extent,
    }


def of_move(
    after: Float[Tensor, "token half"], before: Float[Tensor, "token half"]
) -> dict[str, Float[Tensor, " token"]]:
    """What the most extreme feature does to the outputs of ordinary ones."""
    return {
        "moved": magnitude(after - before) / spread(before),
        "spread left": spread(after) / spread(before),
        "correlation": correlation(after, before),
    }


def of_gradient(
    after: Float[Tensor, "token feature"], before: Float[Tensor, "token feature"], given: Tokens
) -> dict[str, Float[Tensor, " token"]]:
    """What it does to the gradient of ordinary features, and what the ends of the range get."""
    one, two = (magnitude(each.gather(-1, given.ordinary)) for each in (after, before))
    ends = after.gather(-1, given.ends).abs().amax(-1)
    return {"gradient left": one / two, "gradient at ends": ends / one}


def magnitude(x: Float[Tensor, "token feature"]) -> Float[Tensor, " token"]:
    """The root mean square of each token."""
    return x.square().mean(-1).sqrt()


def spread(x: Float[Tensor, "token feature"]) -> Float[Tensor, " token"]:
    """The standard deviation of each token."""
    return x.std(-1, correction=0)


def correlation(
    one: Float[Tensor, "token feature"], two: Float[Tensor, "token feature"]
) -> Float[Tensor, " token"]:
    """Pearson's correlation of two vectors, for each token; 0 where one of them is constant."""
    one, two = (x - x.mean(-1, keepdim=True) for x in (one, two))
    sizes = magnitude(one) * magnitude(two)
    return (one * two).mean(-1) / sizes.clamp(min=torch.finfo(sizes.dtype).tiny)


def averaged(found: Sequence[Mapping[str, float]]) -> Row:
    """Each measure's mean over draws, then under its name with ± half of its 95 % interval."""
    draws = {name: numpy.array([one[name] for one in found]) for name in found[0]}
    means: Row = {name: rounded(numbers.mean()) for name, numbers in draws.items()}
    widths = {name: numpy.ptp(interval(numbers)) for name, numbers in draws.items()}
    return means | {f"{name} ±": rounded(width / 2) for name, width in widths.items()}


def rounded(number: float) -> float:
    """A number to four digits, so that the last bits of other processors do not show."""
    return float(f"{number:.4g}")
