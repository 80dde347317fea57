"""The fast path of a norm equals its formula, wherever the padding is and whoever looks at it."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.utils._pytree import tree_leaves

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant
from tests.norms.test_formula import WITH_STATISTICS
from tests.options import option
from whynorm.norms.moments import counted_moments, token_moments
from whynorm.norms.norm import Norm

State = dict[str, Tensor]
TIME = 6
FORMS = {
    "right": [[1, 1, 1, 1, 1, 1], [1, 1, 1, 0, 0, 0], [1, 0, 0, 0, 0, 0]],
    "left": [[0, 0, 0, 0, 1, 1], [0, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]],
    "middle": [[1, 0, 0, 1, 1, 0], [0, 1, 0, 1, 0, 1], [1, 1, 0, 0, 1, 1]],
    "a whole sentence": [[1, 1, 1, 1, 0, 0], [0, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]],
    "everywhere": [[0] * TIME] * 3,
    "nowhere": [[1] * TIME] * 3,
}
PADDED = pytest.mark.parametrize("form", FORMS)
FAST = ["batch", "instance", "rms", "group", "regularized_batch", "batch_renorm", "power_v"]


def derived(norm: Norm, x: Tensor, real: Tensor, *, plain: bool) -> list[Tensor]:
    """Output, gradients of x and of the weights, and state; every position has a gradient."""
    x = x.clone().requires_grad_()
    y = Norm.normalised(norm, x, real) if plain else norm(x, real)
    draw = torch.Generator().manual_seed(1)
    total = (y * torch.randn(y.shape, generator=draw, dtype=torch.float64).to(y)).sum()
    total = total if norm.penalty is None else total + norm.penalty
    gradients = torch.autograd.grad(total, (x, *norm.parameters()))
    return [y.detach(), *gradients, *norm.buffers()]


@PADDED
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize("variant", WITH_STATISTICS, ids=str)
def test_output_gradients_and_state_equal_those_of_the_formula(
    variant: Variant, training: bool, form: str
) -> None:
    x = torch.randn(3, TIME, D_MODEL, dtype=torch.float64) * 2 + 1
    real = torch.tensor(FORMS[form], dtype=torch.bool)
    fast, plain = (variant.build().train(training) for _ in range(2))
    found = derived(fast, x, real, plain=False)
    torch.testing.assert_close(found, derived(plain, x, real, plain=True), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", FAST)
def test_in_single_precision_it_is_as_exact_as_that_allows(name: str) -> None:
    x = torch.randn(16, 32, 64, dtype=torch.float64) * 2 + 1
    real = torch.arange(32) < torch.randint(1, 33, (16, 1))
    single = derived(option("norm", name)(64), x.float(), real, plain=False)
    double = derived(option("norm", name)(64).double(), x, real, plain=True)
    for found, exact in zip(single, double, strict=True):
        torch.testing.assert_close(
            found.double(), exact.double(), rtol=0, atol=2e-6 * float(exact.abs().max())
        )


@PADDED
@pytest.mark.parametrize("apart", [True, False], ids=["of each sentence", "of all"])
def test_moments_of_tokens_equal_those_of_counted_numbers(apart: bool, form: str) -> None:
    x = torch.randn(3, TIME, D_MODEL, dtype=torch.float64) + 5
    real = torch.tensor(FORMS[form], dtype=torch.bool).unsqueeze(-1)
    expected = counted_moments(x, real, (1,) if apart else (0, 1))
    n, mean, variance, _ = token_moments(x, real, apart=apart)
    torch.testing.assert_close((n.expand_as(mean), mean, variance), expected)


def test_features_of_a_group_have_its_moments() -> None:
    x = torch.randn(3, TIME, D_MODEL, dtype=torch.float64)
    real = torch.tensor(FORMS["middle"], dtype=torch.bool).unsqueeze(-1)
    _, mean, variance, _ = token_moments(x, real, apart=True, groups=2)
    _, *expected = counted_moments(x.unflatten(-1, (2, -1)), real.unsqueeze(-1), (1, 3))
    size = D_MODEL // 2
    repeated = [moment.squeeze(-1).repeat_interleave(size, -1) for moment in expected]
    torch.testing.assert_close([mean, variance], repeated)


@pytest.mark.parametrize("name", FAST)
def test_a_second_derivative_is_refused(name: str) -> None:
    x = torch.randn(3, TIME, D_MODEL, requires_grad=True)
    real = torch.tensor(FORMS["right"], dtype=torch.bool)
    y = option("norm", name)(D_MODEL)(x, real)
    (first,) = torch.autograd.grad(y.square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        first.sum().backward()


SIDE_BY_SIDE = [v for v in VARIANTS if v.option not in ("power", "unified")]


def stacked(variant: Variant, x: Tensor, real: Tensor) -> tuple[Any, Any]:
    """Outputs and gradients of norms of several seeds: under vmap, and one by one."""
    norms = [variant.build() for _ in x]
    for scale, norm in enumerate(norms, 1):
        for weight in norm.parameters():
            weight.data.mul_(scale)

    def loss(weights: State, x: Tensor, buffers: State) -> tuple[Tensor, Tensor]:
        y = functional_call(norms[0], {**weights, **buffers}, (x, real))
        return y.pow(3).sum(), y

    derived = grad(loss, argnums=(0, 1), has_aux=True)
    weights, buffers = stack_module_state(norms)  # pyright: ignore[reportArgumentType]
    seeds = [
        derived(dict(norm.named_parameters()), one, dict(norm.named_buffers()))
        for norm, one in zip(norms, x, strict=True)
    ]
    each = [torch.stack(same) for same in zip(*map(tree_leaves, seeds), strict=True)]
    return tree_leaves(vmap(derived)(weights, x, buffers)), each


@pytest.mark.parametrize("variant", SIDE_BY_SIDE, ids=str)
def test_norms_of_several_seeds_stacked_equal_each_alone(variant: Variant) -> None:
    x = torch.randn(2, 3, TIME, D_MODEL, dtype=torch.float64)
    real = torch.tensor(FORMS["right"], dtype=torch.bool)
    together, alone = stacked(variant, x, real)
    torch.testing.assert_close(together, alone)
