"""How far the statistics of a batch lie from those remembered: watched at the input of any norm."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from whynorm.model.query_key import QueryKeyNorm
from whynorm.norms.moments import counted_moments
from whynorm.norms.norm import Norm, at_least_single

EPS = 1e-5


class Moments(NamedTuple):
    """Mean and unbiased variance of each feature over real tokens; one token has variance 0."""

    mean: Float[Tensor, " feature"]
    variance: Float[Tensor, " feature"]

    @property
    def deviation(self) -> Float[Tensor, " feature"]:
        """sigma = sqrt(variance + EPS), as a norm divides by."""
        return torch.sqrt(self.variance + EPS)


class Sample(NamedTuple):
    """The real tokens of a batch at one norm: how many, and their moments."""

    n: int
    moments: Moments


class Distance(NamedTuple):
    """How far a mean and a spread lie from remembered ones, relative to the spread."""

    mean: Float[Tensor, ""]
    variance: Float[Tensor, ""]


def moments(x: Float[Tensor, "*batch feature"], real: Bool[Tensor, "*batch"]) -> Moments:
    """Those of the real tokens of a batch."""
    over = tuple(range(real.ndim))
    precise = at_least_single(x.detach())
    n, mean, variance = (
        moment.flatten() for moment in counted_moments(precise, real.unsqueeze(-1), over)
    )
    return Moments(mean, variance * n / (n - 1).clamp(min=1))


def towards(running: Moments, sample: Sample, momentum: float) -> Moments:
    """The running moments after a batch; `momentum` is the weight of the batch, as in torch.

    One token has no variance, and leaves the running one alone.
    """
    mean, variance = sample.moments
    return Moments(
        running.mean.lerp(mean, momentum),
        running.variance.lerp(variance, momentum if sample.n > 1 else 0.0),
    )


def pooled(samples: Sequence[Sample]) -> Moments:
    """The moments of all tokens of the batches together, the variance between batches included.

    By sums over tokens, in double precision (Chan, Golub & LeVeque 1979); of a single
    token the variance is 0.
    """
    n = torch.tensor([sample.n for sample in samples], dtype=torch.float64)
    parts = zip(*(sample.moments for sample in samples), strict=True)
    means, variances = (torch.stack(part).double() for part in parts)
    n = n.to(means.device)[:, None]
    mean = (n * means).sum(0) / n.sum()
    squares = ((n - 1) * variances + n * (means - mean).square()).sum(0)
    dtype = samples[0].moments.mean.dtype
    return Moments(mean.to(dtype), (squares / (n.sum() - 1).clamp(min=1)).to(dtype))


def of_the_others(samples: Sequence[Sample]) -> list[Moments]:
    """For each batch the moments of all the others; not a number where there are no others."""
    if len(samples) == 1:
        return [Moments(*(torch.full_like(part, torch.nan) for part in samples[0].moments))]
    return [pooled([*samples[:index], *samples[index + 1 :]]) for index, _ in enumerate(samples)]


def fluctuation(batch: Moments, running: Moments) -> Distance:
    """‖mu_B - mu‖₂ / ‖sigma‖₂ and ‖var_B - var‖₂ / ‖var‖₂: batch from running statistics.

    Means are measured in standard deviations, as a mean may be 0.
    """
    return Distance(
        (batch.mean - running.mean).norm() / running.deviation.norm(),
        (batch.variance - running.variance).norm() / (running.variance + EPS).norm(),
    )


def discrepancy(batch: Moments, population: Moments) -> Distance:
    """TID as the paper writes it (Wang 2022, arXiv:2210.05153), of one batch.

    ‖mu_B - mu‖₂ / ‖sigma‖₂ and ‖sigma_B - sigma‖₂ / ‖sigma‖₂.
    """
    size = population.deviation.norm()
    return Distance(
        (batch.mean - population.mean).norm() / size,
        (batch.deviation - population.deviation).norm() / size,
    )


def discrepancy_by_feature(batch: Moments, population: Moments) -> Distance:
    """TID by the authors' formula, of one batch, against the population.

    mean_c |mu - mu_B| / sigma_B and mean_c |sigma / sigma_B - 1|. Their code takes for mu and
    sigma the running statistics of the moment, in which the batch is already; and sigma_B biased
    and without eps. Neither is done here. It divides by the batch's own deviation, and so says
    nothing of a batch of one token.
    """
    return Distance(
        ((population.mean - batch.mean).abs() / batch.deviation).mean(),
        (population.deviation / batch.deviation - 1).abs().mean(),
    )


Seen = Callable[[str, Sample], None]


def watch(model: nn.Module, seen: Seen) -> list[RemovableHandle]:
    """Hooks that tell of each norm in training, by its name, of the real tokens it is given.

    They are those of this process alone. A batch without real tokens is passed over; so are norms
    of queries and keys, who know nothing of padding.
    """
    heads = (part for part in model.modules() if isinstance(part, QueryKeyNorm))
    apart = {inner for part in heads for inner in part.modules()}
    return [
        part.register_forward_pre_hook(partial(_tell, seen, name))
        for name, part in model.named_modules()
        if isinstance(part, Norm) and part not in apart
    ]


def _tell(seen: Seen, name: str, norm: nn.Module, given: tuple[Tensor, Tensor]) -> None:
    x, real = given
    n = int(real.sum()) if norm.training else 0
    if n > 0:
        seen(name, Sample(n, moments(x, real)))


class StatisticsObserver:
    """Watches a model in training: how far each norm's batch lies from its running statistics.

    The running statistics are the observer's own, kept for any norm as BatchNorm keeps them: from
    mean 0 and variance 1, so that the first 1 / `momentum` batches or so tell of the start. Where
    several processes train, batch and running statistics are of this one's tokens only, whatever
    the norm's `sync`: such batches are smaller than the norm's, and fluctuate more. A batch of one
    token is not measured. It adds two passes over the input of every norm, and where that lies on
    a GPU waits for it once.
    """

    def __init__(self, *, momentum: float = 0.1) -> None:
        self.momentum = momentum
        self.running: dict[str, Moments] = {}
        self.latest: dict[str, Distance] = {}
        self.hooks: list[RemovableHandle] = []

    def attach(self, model: nn.Module) -> None:
        """Begin to watch the norms of a model; evaluation passes unseen."""
        self.hooks += watch(model, self.see)

    @torch.no_grad()
    def see(self, name: str, batch: Sample) -> None:
        """Measure a batch against the running statistics, then move these towards it."""
        mean, variance = batch.moments
        first = Moments(torch.zeros_like(mean), torch.ones_like(variance))
        running = self.running.get(name, first)
        if batch.n > 1:
            self.latest[name] = fluctuation(batch.moments, running)
        self.running[name] = towards(running, batch, self.momentum)

    def values(self) -> dict[str, float]:
        """The newest fluctuations, as `<norm>/fluctuation_mean` and `…/fluctuation_variance`."""
        return {
            f"{name}/fluctuation_{moment}": float(value)
            for name, distance in self.latest.items()
            for moment, value in distance._asdict().items()
        }

    def detach(self) -> None:
        """Take the hooks off; what was seen stays."""
        while self.hooks:
            self.hooks.pop().remove()
