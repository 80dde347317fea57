"""What a product with a matrix equals, whichever kernel computes it."""

import pytest
import torch
from torch.nn import functional as F

from whynorm.model.linear import FEWEST_ROWS, Linear, by_onednn, product

SHAPES = [(5, 7, 3), (64, 33, 130), (64, 130, 33), (4, 1, 1)]


def inputs(rows: int, features: int, outputs: int) -> list[torch.Tensor]:
    """x, weight and bias in double precision."""
    draw = torch.Generator().manual_seed(1)
    shapes = [(2, rows, features), (outputs, features), (outputs,)]
    return [torch.randn(shape, generator=draw, dtype=torch.float64) for shape in shapes]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("bias", [True, False])
def test_the_product_and_its_gradients_equal_those_in_double_precision(
    shape: tuple[int, int, int], bias: bool
) -> None:
    exact = [x.requires_grad_() for x in inputs(*shape)[: 2 + bias]]
    single = [x.detach().float().requires_grad_() for x in exact]
    assert by_onednn(*single[:2])
    expected, found = F.linear(*exact), product(*single)
    weights = torch.randn(expected.shape, dtype=torch.float64)
    (expected * weights).sum().backward()
    (found * weights.float()).sum().backward()
    found, expected = found.detach(), expected.detach()
    pairs = [(found, expected), *((s.grad, e.grad) for s, e in zip(single, exact, strict=True))]
    for one, other in pairs:
        assert one is not None and other is not None
        assert float((one - other).norm() / other.norm()) < 1e-6


def test_one_row_meets_a_large_matrix_by_the_same_kernel_and_value() -> None:
    x, weight = torch.randn(1, 100), torch.randn(10_000, 100)
    assert by_onednn(x, weight)
    torch.testing.assert_close(product(x, weight), F.linear(x, weight), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_a_few_rows_meet_a_large_matrix_with_the_same_value(bias: bool) -> None:
    x, weight = torch.randn(3, 2, 100), torch.randn(10_000, 100)
    added = torch.randn(10_000) if bias else None
    expected = F.linear(x, weight, added)
    torch.testing.assert_close(product(x, weight, added), expected, atol=1e-4, rtol=1e-5)


def test_gradients_flow_to_what_wants_them_alone() -> None:
    x, weight, bias = (one.float() for one in inputs(5, 7, 3))
    product(x, weight.requires_grad_(), bias).sum().backward()
    assert weight.grad is not None
    assert x.grad is None and bias.grad is None


def test_in_inference_mode_it_is_the_same() -> None:
    layer, x = Linear(7, 3), torch.randn(2, FEWEST_ROWS, 7)
    with torch.inference_mode():
        torch.testing.assert_close(layer(x), F.linear(x, layer.weight, layer.bias))


def test_a_slice_of_a_weight_gets_the_gradient_of_the_slice() -> None:
    weight, x = torch.randn(6, 7, requires_grad=True), torch.randn(9, 7)
    product(x, weight[2:4]).sum().backward()
    assert weight.grad is not None
    torch.testing.assert_close(weight.grad[2:4], x.sum(0).expand(2, 7))
    assert not weight.grad[[0, 1, 4, 5]].any()


@pytest.mark.parametrize(
    "x",
    [
        torch.zeros(8, 4, dtype=torch.float64),
        torch.zeros(8, 4, dtype=torch.bfloat16),
        torch.zeros(FEWEST_ROWS - 1, 4),
        torch.zeros(0, 4),
        torch.zeros(8, 4, device="meta"),
    ],
    ids=["double", "half", "few rows", "none", "another device"],
)
def test_all_else_is_left_to_torch(x: torch.Tensor) -> None:
    weight = torch.zeros(3, 4, dtype=x.dtype, device=x.device)
    assert not by_onednn(x, weight)
    assert product(x, weight).shape == (len(x), 3)


def test_autocast_and_transforms_are_left_to_torch() -> None:
    x, weight = torch.randn(2, 8, 4), torch.randn(3, 4)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert product(x, weight).dtype == torch.bfloat16
    mapped = torch.func.vmap(lambda one: product(one, weight))(x)
    torch.testing.assert_close(mapped, F.linear(x, weight))
