"""Which runs may be trained at once, and that the others are trained all the same."""

from collections.abc import Callable
from functools import partial

import pytest
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tests.training.meeting import SEEDS, apart, at_once, batches, numbers, quick_first, run
from whynorm.masks.algebra import look_ahead
from whynorm.masks.fill import Replace
from whynorm.masks.paper import Rules
from whynorm.model.attention import Attention
from whynorm.norms.batch import BatchNorm
from whynorm.norms.instance import InstanceNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.training.module import TranslationModule
from whynorm.training.stacked import Lesson
from whynorm.training.stacked_dropout import chance
from whynorm.training.stacked_trial import trial


def without_padding_masks() -> Rules:
    return Rules(encoder={}, decoder={"look_ahead": look_ahead}, cross={})


def counting(kind: str, seed: int) -> TranslationModule:
    """A run for which padding counts, in one of several ways."""
    norms: dict[str, Callable[[int], Norm]] = {
        "batch norm": partial(BatchNorm, count_padding=True),
        "instance norm": partial(InstanceNorm, count_padding=True),
    }
    module = run(seed, norms.get(kind, LayerNorm))
    if kind == "loss":
        module.padding_in_loss = True
    if kind == "masks":
        module.rules = without_padding_masks()
    if kind == "fill":
        for attention in module.model.modules():
            if isinstance(attention, Attention):
                attention.fill = Replace(value=-torch.inf)
    return module


COUNTING = quick_first("batch norm", "instance norm", "loss", "masks", "fill")


@pytest.mark.parametrize("kind", COUNTING)
def test_where_padding_counts_runs_are_not_computed_at_once(kind: str) -> None:
    _, meeting, _ = at_once(partial(counting, kind), max_steps=1)
    assert meeting.reason is not None and meeting.reason.startswith("padding moves their numbers")


@pytest.mark.long
@pytest.mark.parametrize("kind", COUNTING)
def test_where_padding_counts_every_run_is_the_same_as_alone(kind: str) -> None:
    make = partial(counting, kind)
    found, expected = numbers(at_once(make)[0]), numbers(apart(make))
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


class Gathering(LayerNorm):
    """LayerNorm of what is real, gathered: torch cannot map what has a shape of its own."""

    def normalised(
        self, x: Float[Tensor, "batch time feature"], real: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time feature"]:
        """LayerNorm at real tokens, 0 elsewhere."""
        y = torch.zeros_like(x)
        y[real] = super().normalised(x[real][None], real[real][None])[0]
        return y


@pytest.mark.long
def test_what_torch_cannot_map_is_computed_by_itself() -> None:
    make = partial(run, norm=Gathering)
    found, meeting, _ = at_once(make)
    assert meeting.reason is not None and meeting.reason.startswith("torch cannot compute them")
    torch.testing.assert_close(numbers(found), numbers(apart(make)), rtol=0, atol=0)


def test_trying_leaves_runs_as_they_were() -> None:
    modules = [run(seed, BatchNorm) for seed in SEEDS]
    before = [{k: v.clone() for k, v in one.items()} for one in numbers(modules)]
    device = torch.device("cpu")
    lessons = [
        Lesson(module.model, batches(seed)[0], chance(device))
        for module, seed in zip(modules, SEEDS, strict=True)
    ]
    assert trial(modules, lessons) is None
    torch.testing.assert_close(numbers(modules), before, rtol=0, atol=0)
