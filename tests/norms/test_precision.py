"""In half precision a norm is as exact as what it is given, forward and backward."""

import copy

import pytest
import torch
from torch import Tensor

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant
from tests.options import names, option
from whynorm.norms.norm import Norm

HALVES = pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
EVERY = pytest.mark.parametrize("variant", VARIANTS, ids=str)
MODES = pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
TOKENS = 512


def large(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """Many tokens far from zero, which are real, and the gradient of what becomes of them."""
    x = torch.randn(4, TOKENS // 4, D_MODEL) * 2 + 3
    real = torch.arange(TOKENS // 4) < torch.tensor([128, 100, 60, 1])[:, None]
    return x.to(dtype), real, torch.randn(x.shape).to(dtype)


def gradients(norm: Norm, x: Tensor, real: Tensor, upstream: Tensor) -> dict[str, Tensor]:
    """Output and gradients, under autocast where x is in half precision."""
    x = x.clone().requires_grad_()
    half = x.dtype in (torch.bfloat16, torch.float16)
    with torch.autocast("cpu", dtype=x.dtype if half else torch.bfloat16, enabled=half):
        y = norm(x, real)
    y.backward(upstream.to(y.dtype))
    assert x.grad is not None
    own = {name: p.grad for name, p in norm.named_parameters() if p.grad is not None}
    return {"output": y.detach(), "x": x.grad, **own}


@EVERY
@MODES
@HALVES
def test_output_and_gradients_are_as_exact_as_the_input(
    variant: Variant, training: bool, dtype: torch.dtype
) -> None:
    given = large(dtype)
    norm = variant.build().float().train(training)
    found = gradients(copy.deepcopy(norm), *given)
    x, real, upstream = given
    expected = gradients(copy.deepcopy(norm), x.float(), real, upstream.float())
    for name, value in expected.items():
        tolerance = 0.02 * float(value.abs().max())
        torch.testing.assert_close(found[name].float(), value, rtol=0, atol=tolerance, msg=name)


@EVERY
@HALVES
def test_the_output_comes_in_the_precision_of_the_input(
    variant: Variant, dtype: torch.dtype
) -> None:
    x, real, _ = large(dtype)
    with torch.autocast("cpu", dtype=dtype):
        assert variant.build().float()(x, real).dtype == dtype


@EVERY
@HALVES
def test_formulas_and_kernels_are_given_single_precision_and_no_autocast(
    variant: Variant, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    norm = variant.build().float()
    computed, seen = type(norm).normalised, []

    def watched(norm: Norm, x: Tensor, real: Tensor) -> Tensor:
        seen.append((x.dtype, torch.is_autocast_enabled("cpu")))
        return computed(norm, x, real)

    monkeypatch.setattr(type(norm), "normalised", watched)
    x, real, _ = large(dtype)
    with torch.autocast("cpu", dtype=dtype):
        norm(x, real)
    assert seen == [(torch.float32, False)]


@HALVES
@pytest.mark.parametrize("qk_norm", sorted(set(names("qk_norm")) - {"none"}))
def test_normalised_queries_have_gradients_as_exact_as_they_are(
    qk_norm: str, dtype: torch.dtype
) -> None:
    x, _, upstream = (part.unsqueeze(1) for part in large(dtype))
    found, expected = {}, {}
    for gradients_of, kind in ((found, dtype), (expected, torch.float32)):
        norm = option("qk_norm", qk_norm)(D_MODEL)
        given = x.detach().clone().to(kind).requires_grad_()
        norm.queries(given).backward(upstream.to(kind))
        gradients_of.update({n: p.grad for n, p in norm.named_parameters() if p.grad is not None})
        gradients_of["x"] = given.grad
    for name, value in expected.items():
        tolerance = 0.02 * float(value.abs().max())
        torch.testing.assert_close(found[name].float(), value, rtol=0, atol=tolerance)
