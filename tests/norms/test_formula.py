"""Every norm against its paper's formula, written out here with plain loops in float64."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant, example
from tests.options import option
from whynorm.norms.norm import Norm

EPS = 1e-5
WITHOUT_STATISTICS = ("none", "dyt", "derf", "ada", "seednorm", "power", "unified")
WITH_STATISTICS = [v for v in VARIANTS if v.option not in WITHOUT_STATISTICS]
Region = list[tuple[int, int, int]]


def regions(real: Tensor, rule: Callable[[int, int, int], object]) -> list[Region]:
    """The cells of batch x time x feature, grouped by what the rule returns for each."""
    groups: dict[object, Region] = {}
    for b in range(real.shape[0]):
        for t in range(real.shape[1]):
            for f in range(D_MODEL):
                groups.setdefault(rule(b, t, f), []).append((b, t, f))
    return list(groups.values())


def z_score(x: Tensor, real: Tensor, rule: Callable, counts_padding: bool) -> Tensor:
    """(x - mean) / sqrt(variance + eps) within each region, over the counted cells."""
    y = torch.empty_like(x)
    for region in regions(real, rule):
        numbers = [float(x[c]) for c in region if counts_padding or bool(real[c[:2]])]
        mean = sum(numbers) / len(numbers) if numbers else 0.0
        variance = sum((n - mean) ** 2 for n in numbers) / len(numbers) if numbers else 1.0
        for cell in region:
            y[cell] = (x[cell] - mean) / (variance + EPS) ** 0.5
    return y


def min_max(x: Tensor, real: Tensor, rule: Callable, counts_padding: bool) -> Tensor:
    """(x - min) / (max - min + eps) within each region, over the counted cells."""
    y = torch.empty_like(x)
    for region in regions(real, rule):
        numbers = [float(x[c]) for c in region if counts_padding or bool(real[c[:2]])]
        for cell in region:
            y[cell] = (x[cell] - min(numbers)) / (max(numbers) - min(numbers) + EPS)
    return y


def token(b: int, t: int, f: int) -> object:
    return b, t


def sentence_and_feature(b: int, t: int, f: int) -> object:
    return b, f


def feature(b: int, t: int, f: int) -> object:
    return f


def token_and_group(b: int, t: int, f: int) -> object:
    return b, t, f // 2


def sentence_and_group(b: int, t: int, f: int) -> object:
    return b, f // 2


def root_mean_square(x: Tensor) -> Tensor:
    return x / torch.sqrt((x**2).sum(-1, keepdim=True) / D_MODEL + EPS)


def formula(variant: Variant, norm: Any, x: Tensor, real: Tensor) -> Tensor:
    """What the variant's paper says, without the affine map."""
    counts = "norm.count_padding=true" in variant.overrides
    over_time = "norm.over_time=true" in variant.overrides
    over = next((o[10:] for o in variant.overrides if o.startswith("norm.over=")), "feature")
    region = {"feature": token, "time": sentence_and_feature, "tokens": feature}[over]
    match variant.option:
        case "rms":
            return root_mean_square(x)
        case "none":
            return x
        case "scale":
            return x / (x**2).sum(-1, keepdim=True) ** 0.5
        case "dyt":
            return torch.tanh(norm.a * x)
        case "derf":
            return torch.erf(norm.a * x + norm.s)
        case "ada":
            y = z_score(x, real, token, True)
            return (1 - y / 10) * y
        case "seednorm":
            gate = torch.tanh((x * norm.beta).sum(-1, keepdim=True)) * norm.alpha
            return (gate + norm.gamma) * root_mean_square(x)
        case "minmax":
            u = min_max(x, real, region, counts or over == "feature")
            return 2 * u - 1 if "norm.centred=true" in variant.overrides else u
        case "group" if over_time:
            return z_score(x, real, sentence_and_group, counts)
        case "group":
            return z_score(x, real, token_and_group, True)
        case "layer":
            return z_score(x, real, token, True)
        case "instance":
            return z_score(x, real, sentence_and_feature, counts)
        case "batch":
            return z_score(x, real, feature, counts)
        case "standardize":
            return z_score(x, real, region, counts or over == "feature")
    return with_memory(variant, norm, x, real)


def with_memory(variant: Variant, norm: Any, x: Tensor, real: Tensor) -> Tensor:
    """The same for norms whose memory is more than a running mean and variance."""
    match variant.option:
        case "regularized_batch":
            return z_score(x, real, feature, False)
        case "batch_renorm" if variant.overrides:
            mean, std = x[real].mean(0), (x[real].var(0, correction=0) + EPS).sqrt()
            r = (std / norm.running_std).clamp(1 / 3, 3)
            d = ((mean - norm.running_mean) / norm.running_std).clamp(-5, 5)
            return (x - mean) / std * r + d
        case "batch_renorm":
            return z_score(x, real, feature, False)
        case "power" if variant.overrides:
            groups = x.unflatten(-1, (4, 2)) if len(variant.overrides) > 1 else None
            if groups is not None:
                x = (groups / torch.sqrt((groups**2).mean(-1, keepdim=True) + EPS)).flatten(-2)
            return x / torch.sqrt(norm.phi + EPS)
        case "unified" if variant.overrides:
            newest = (x[real] ** 2).mean(0)
            return x / torch.sqrt((newest * norm.window_squares[1]) ** 0.5 + EPS)
        case "power" | "power_v" | "unified":
            return x / torch.sqrt((x[real] ** 2).mean(0) + EPS)
    raise AssertionError(f"no formula for {variant}")


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_norm_in_training_equals_its_formula(variant: Variant) -> None:
    x, real = example()
    norm = variant.build()
    expected = norm.affine(formula(variant, norm, x, real)).detach()
    torch.testing.assert_close(norm(x, real), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("variant", WITH_STATISTICS, ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
def test_a_fused_kernel_equals_the_written_out_norm(variant: Variant, training: bool) -> None:
    x, real = example()
    fused, written = variant.build().train(training), variant.build().train(training)
    torch.testing.assert_close(fused(x, real), Norm.normalised(written, x, real))


@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.exact], ids=str)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
def test_a_norms_gradient_equals_finite_differences(variant: Variant, training: bool) -> None:
    x, real = example(2, 3)
    norm = variant.build().train(training)
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: copy.deepcopy(norm)(x, real), (x,), fast_mode=True)


def test_adanorms_gradient_is_its_detached_factor_times_the_z_scores() -> None:
    x, real = example()
    x.requires_grad_()
    y = F.layer_norm(x, (D_MODEL,), eps=EPS)
    (expected,) = torch.autograd.grad(((1 - y.detach() / 10) * y).square().sum(), x)
    (actual,) = torch.autograd.grad(option("norm", "ada")(D_MODEL)(x, real).square().sum(), x)
    torch.testing.assert_close(actual, expected)


def test_min_max_over_tokens_evaluates_with_its_running_extremes() -> None:
    x, real = example()
    norm = option("norm", "minmax", "norm.over=tokens")(D_MODEL).double().eval()
    norm.running_min.copy_(torch.linspace(-2, 0, D_MODEL))
    norm.running_max.copy_(torch.linspace(1, 3, D_MODEL))
    expected = (x - norm.running_min) / (norm.running_max - norm.running_min + EPS)
    torch.testing.assert_close(norm(x, real), expected)
