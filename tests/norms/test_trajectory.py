"""Twenty updates of every norm with a memory, against its paper written out in numpy."""

import copy
from collections.abc import Callable
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant
from tests.norms.references import BatchRenorm, Power, RegularizedBatch, Unified
from tests.options import option
from whynorm.norms.norm import Norm

RAMP = torch.linspace(0.5, 1.5, D_MODEL).double()
WITH_MEMORY = [v for v in VARIANTS if list(v.build().buffers())]

# Our option; the paper written out; our buffers by the reference's names.
PAIRS: dict[str, tuple[tuple[str, ...], Callable[..., Any], dict[str, str]]] = {
    "batch_renorm": (
        ("batch_renorm", "norm.warmup_updates=4", "norm.r_updates=15", "norm.d_updates=10"),
        lambda w: BatchRenorm(w, warmup=4, r_last=15, d_last=10),
        {"running_mean": "mean", "running_std": "std", "updates": "number"},
    ),
    "regularized_batch": (
        ("regularized_batch", "norm.mean_penalty=0.3", "norm.variance_penalty=0.2"),
        lambda w: RegularizedBatch(w, a=0.3, b=0.2, absolute=False),
        {"running_mean": "mean", "running_var": "var"},
    ),
    "regularized_batch, the authors' distance": (
        ("regularized_batch", "norm.variance_penalty=0.2", "norm.variance_distance=absolute"),
        lambda w: RegularizedBatch(w, a=0.015, b=0.2, absolute=True),
        {"running_mean": "mean", "running_var": "var"},
    ),
    "power": (
        ("power", "norm.warmup_updates=6"),
        lambda w: Power(w, warmup=6),
        {"phi": "phi", "nu": "nu", "updates": "number"},
    ),
    "power, as published": (
        ("power", "norm.warmup_updates=6", "norm.as_published=true"),
        lambda w: Power(w, warmup=6, as_published=True),
        {"phi": "phi", "nu": "nu"},
    ),
    "power_v": (("power_v",), lambda w: Power(w, warmup=99), {"phi": "phi"}),
    "unified": (
        ("unified", "norm.warmup_updates=6"),
        lambda w: Unified(w, warmup=6),
        {"phi": "phi", "psi": "psi", "window_squares": "squares", "window_gradients": "gradients"},
    ),
    "unified, as published": (
        ("unified", "norm.warmup_updates=6", "norm.as_published=true"),
        lambda w: Unified(w, warmup=6, as_published=True),
        {"phi": "phi", "psi": "psi", "window_squares": "squares", "window_gradients": "gradients"},
    ),
    "unified, filtering outliers": (
        ("unified", "norm.warmup_updates=6", "norm.outlier_filtration=true"),
        lambda w: Unified(w, warmup=6, outliers=True),
        {"phi": "phi", "psi": "psi", "window_squares": "squares", "window_gradients": "gradients"},
    ),
}


def batches(count: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """(x, real, gradient of the output), of drifting size, one of them far larger."""
    made = []
    for number in range(count):
        size = 1 + 0.1 * number + (4 if number == 16 else 0)
        x = torch.randn(3, 5, D_MODEL, dtype=torch.float64) * size + 0.3 * number
        real = torch.arange(5) < torch.randint(1, 6, (3,))[:, None]
        made.append((x, real, torch.randn_like(x) + 0.2))
    return made


def flat(*tensors: Tensor) -> tuple[Any, ...]:
    """Tokens one below the other, for numpy."""
    return tuple(tensor.flatten(0, 1).numpy() for tensor in tensors)


def stepped(norm: Norm, x: Tensor, real: Tensor, gradient: Tensor) -> tuple[Tensor, Tensor]:
    """The output and the gradient of x, the penalty's included."""
    x = x.clone().requires_grad_()
    y = norm(x, real)
    total = (y * gradient).sum()
    if norm.penalty is not None:
        total = total + norm.penalty
    (dx,) = torch.autograd.grad(total, x)
    return y.detach(), dx


def built(words: tuple[str, ...]) -> Norm:
    norm = option("norm", *words)(D_MODEL).double()
    norm.weight.data.copy_(RAMP)
    return norm


@pytest.mark.parametrize("name", PAIRS)
def test_twenty_updates_equal_the_paper_written_out(name: str) -> None:
    words, make, buffers = PAIRS[name]
    norm, reference = built(words), make(RAMP.numpy())
    for x, real, gradient in batches(20):
        y, dx = stepped(norm, x, real, gradient)
        expected = reference.step(*flat(x, gradient, real))
        found = (y.flatten(0, 1), dx.flatten(0, 1))
        torch.testing.assert_close(found, tuple(map(torch.as_tensor, expected)))
        for ours, theirs in buffers.items():
            state = torch.as_tensor(numpy.array(getattr(reference, theirs))).double()
            torch.testing.assert_close(getattr(norm, ours).double(), state)


@pytest.mark.parametrize("name", ["regularized_batch", "regularized_batch, the authors' distance"])
def test_the_penalty_is_that_of_the_paper(name: str) -> None:
    words, make, _ = PAIRS[name]
    norm, reference = built(words), make(RAMP.numpy())
    for x, real, gradient in batches(3):
        norm(x, real)
        reference.step(*flat(x, gradient, real))
        assert norm.penalty is not None
        assert float(norm.penalty) == pytest.approx(float(reference.penalty))


def test_the_filter_keeps_the_far_larger_batch_out_of_the_window() -> None:
    torch.manual_seed(0)
    _, make, _ = PAIRS["unified, filtering outliers"]
    reference = make(RAMP.numpy())
    for x, real, gradient in batches(20):
        reference.step(*flat(x, gradient, real))
    assert reference.skips >= 1


def test_the_published_unified_norm_multiplies_late_gradients_by_the_ratio_of_scales() -> None:
    (x, real, gradient), *_ = batches(1)
    late, plain = built(("unified", "norm.as_published=true")), built(("unified",))
    for norm in (late, plain):
        state = {"phi": 2 * RAMP, "window_squares": 3 * RAMP.expand(4, -1)}
        norm.load_state_dict({**norm.state_dict(), **state, "updates": torch.tensor(1000)})
    mean = (x**2).mean((0, 1))
    scale = ((3 * RAMP) ** (3 / 4) * mean ** (1 / 4) + 1e-5).sqrt()
    r = (scale / (2 * RAMP + 1e-5).sqrt()).clamp(1 / 5, 5)
    y, dx = stepped(late, x, torch.ones_like(real), gradient)
    expected_y, expected_dx = stepped(plain, x, torch.ones_like(real), gradient * r)
    torch.testing.assert_close((y, dx), (expected_y, expected_dx))


@pytest.mark.parametrize("variant", WITH_MEMORY, ids=str)
def test_a_norm_restored_from_its_state_goes_on_bit_for_bit(variant: Variant) -> None:
    first, later = batches(8)[:5], batches(8)[5:]
    norm = option("norm", variant.option, *variant.overrides)(D_MODEL).double()
    for batch in first:
        stepped(norm, *batch)
    restored = option("norm", variant.option, *variant.overrides)(D_MODEL).double()
    restored.load_state_dict(copy.deepcopy(norm.state_dict()))
    for batch in later:
        assert all(map(torch.equal, stepped(norm, *batch), stepped(restored, *batch)))
    assert all(map(torch.equal, norm.state_dict().values(), restored.state_dict().values()))


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_evaluating_changes_no_state(variant: Variant) -> None:
    norm = variant.build().eval()
    before = copy.deepcopy(norm.state_dict())
    for batch in batches(2):
        stepped(norm, *batch) if variant.option != "none" else norm(*batch[:2])
    assert all(map(torch.equal, before.values(), norm.state_dict().values()))


@pytest.mark.parametrize("option_name", ["power", "unified"])
@pytest.mark.parametrize("warmup", [0, 3])
def test_a_gradient_that_overflows_leaves_no_trace(option_name: str, warmup: int) -> None:
    norm = built((option_name, f"norm.warmup_updates={warmup}"))
    for number, (x, real, gradient) in enumerate(batches(12)):
        spoilt = gradient * torch.inf if number in (0, 8) else gradient
        _, dx = stepped(norm, x, real, spoilt)
        assert bool(dx.isfinite().all()) == (number not in (0, 8))
    assert all(bool(value.isfinite().all()) for value in norm.state_dict().values())
