"""Running statistics taken anew from the training set, as if it had been one last slow step."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.data.batch import Batch
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.norms.moments import counted
from whynorm.norms.norm import Norm
from whynorm.probes.snapshot import held, kept
from whynorm.probes.subject import logits

# The buffers that norms evaluate by; what else they remember is for training.
STATISTICS = ("running_mean", "running_var", "running_std", "phi", "running_min", "running_max")


class Left(NamedTuple):
    """What one batch alone leaves in a norm, and how many tokens the norm counted."""

    n: int
    state: dict[str, Float[Tensor, " feature"]]


@contextmanager
def reestimated(
    model: Transformer, rules: Rules, batches: Sequence[Batch], *, passes: int
) -> Iterator[None]:
    """Inside, the norms remember what the batches have at the present weights ("precise").

    The batches pass in training, without dropout, and each meets the state of the norms as it was
    before the first. Their statistics are pooled by the tokens that a norm counts: mean and
    variance, that between the batches included, are those of all tokens together (Wu & Johnson
    2021, arXiv:2105.07576, §3.1), and so is a mean of squares. Of minima and maxima, whose
    running value is an average by its nature, the average over tokens is taken.

    One pass is enough where norms train on the batch's own statistics (batch, regularized_batch,
    power_v, minmax, and any in its warm-up). After warm-up the output of power and batch_renorm in
    training follows what they remember, so that each of the `passes` starts from what the one
    before has found. `unified` pools what each batch makes of the window that training left.
    The windows, the averages of gradients and the counts of updates stay.
    """
    with kept(model):
        for _ in range(passes):
            for norm, batchwise in each_alone(model, rules, batches).items():
                for name, statistic in pooled(norm, batchwise).items():
                    setattr(norm, name, statistic)
        yield


@torch.no_grad()
def each_alone(
    model: Transformer, rules: Rules, batches: Sequence[Batch]
) -> dict[Norm, list[Left]]:
    """What each batch, met by the present state, leaves in the norms that remember."""
    left: dict[Norm, list[Left]] = {norm: [] for norm in remembering(model)}
    hooks = [norm.register_forward_hook(partial(_keep, left)) for norm in left]
    try:
        for batch in batches:
            with held(model, training=True):
                for norm in left:
                    vars(norm)["momentum"] = 1.0  # the running statistics become the batch's
                logits(model, rules, batch)
    finally:
        for hook in hooks:
            hook.remove()
    return left


def remembering(model: nn.Module) -> list[Norm]:
    """The norms that keep running statistics."""
    norms = (module for module in model.modules() if isinstance(module, Norm))
    return [norm for norm in norms if "momentum" in vars(norm) and state_of(norm)]


def state_of(norm: Norm) -> dict[str, Tensor]:
    """The running statistics of a norm, by name."""
    buffers = dict(norm.named_buffers(recurse=False))
    return {name: buffers[name] for name in STATISTICS if name in buffers}


def _keep(
    left: dict[Norm, list[Left]], norm: Norm, given: tuple[Tensor, Tensor], y: Tensor
) -> None:
    of = counted(given[1], bool(vars(norm).get("count_padding", False)))
    state = {name: statistic.clone() for name, statistic in state_of(norm).items()}
    left[norm].append(Left(int(of.sum()), state))


def pooled(norm: Norm, batchwise: Sequence[Left]) -> dict[str, Float[Tensor, " feature"]]:
    """The running statistics of all batches' tokens together; as they were where there are none.

    A running variance is unbiased, a running deviation the root of the biased variance + eps. A
    batch of one token has no variance of its own, and leaves none.
    """
    seen = [one for one in batchwise if one.n > 0]
    if not seen:
        return {}
    now = state_of(norm)
    device = next(iter(now.values())).device
    n = torch.tensor([one.n for one in seen], dtype=torch.float64, device=device)[:, None]
    each = {name: torch.stack([one.state[name].double() for one in seen]) for name in now}
    found = {name: weighted(each[name], n) for name in each}
    if "running_mean" in each:
        between = weighted((each["running_mean"] - found["running_mean"]).square(), n)
    if "running_var" in each:
        within = torch.where(n > 1, each["running_var"] * (n - 1) / n, 0.0)
        found["running_var"] = (weighted(within, n) + between) * n.sum() / (n.sum() - 1).clamp(1)
    if "running_std" in each:
        within = torch.where(n > 1, each["running_std"].square() - norm.eps, 0.0)
        found["running_std"] = (weighted(within, n) + between + norm.eps).sqrt()
    return {name: statistic.to(now[name].dtype) for name, statistic in found.items()}


def weighted(
    x: Float[Tensor, "batch feature"], n: Float[Tensor, "batch 1"]
) -> Float[Tensor, " feature"]:
    """The mean over the batches, each weighing as many as it has tokens."""
    return (x * n).sum(0) / n.sum()
