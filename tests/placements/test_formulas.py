"""Every placement against its paper's formula, written out over toy sub-layers."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.options import names, option
from whynorm.norms.batch import BatchNorm
from whynorm.norms.layer import LayerNorm
from whynorm.placements.placement import Placement, Stack

D, D_FF, HEADS = 8, 12, 2
LAYERS = {"encoder": 3, "decoder": 4}
REAL = torch.ones(2, 5, dtype=torch.bool)
Norm = Callable[[Tensor], Tensor]
Branch = Callable[[Tensor], Tensor]


def placed(name: str, stack: str) -> Any:
    """A placement of LayerNorms, every weight off its default."""
    made = option("placement", name)(LayerNorm, Stack(stack, 3, 4, D, D_FF, HEADS)).double()  # pyright: ignore[reportArgumentType]
    for value in made.parameters():
        value.data.add_(0.3 * torch.randn_like(value))
    return made


def norms(modules: Any) -> list[Norm]:
    """The norms as plain functions of their weights."""
    return [plain(module) for module in modules]


def plain(module: Any) -> Norm:
    return lambda x: F.layer_norm(x, (D,), module.weight, module.bias)


def branches(stack: str) -> list[list[Branch]]:
    """A toy sub-layer for each place of each layer."""
    count = 2 if stack == "encoder" else 3
    return [[branch() for _ in range(count)] for _ in range(LAYERS[stack])]


def branch() -> Branch:
    matrix = torch.randn(D, D, dtype=torch.float64) / D**0.5
    return lambda x: torch.tanh(x @ matrix)


def post(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        for norm, g in zip(norms(p.norms[layer]), row, strict=True):
            x = norm(x + g(x))
    return x


def pre(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        for norm, g in zip(norms(p.norms[layer]), row, strict=True):
            x = x + g(norm(x))
    return plain(p.final)(x)


def sandwich(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        both = zip(norms(p.norms[layer]), norms(p.after[layer]), row, strict=True)
        for before, after, g in both:
            x = x + after(g(before(x)))
    return plain(p.final)(x)


def peri(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    return sandwich(p, stack, plain(p.first)(x), f)


def deepnorm(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    n, m = 3, 4
    a = 0.81 * (n**4 * m) ** (1 / 16) if stack == "encoder" else (3 * m) ** (1 / 4)
    for layer, row in enumerate(f):
        for norm, g in zip(norms(p.norms[layer]), row, strict=True):
            x = norm(a * x + g(x))
    return x


def b2t(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        *first, last = norms(p.norms[layer])
        y = x
        for norm, g in zip(first, row, strict=False):
            y = norm(y + g(y))
        x = last(x + y + row[-1](y))
    return x


def residual(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    dual = x
    for layer, row in enumerate(f):
        for norm, g in zip(norms(p.norms[layer]), row, strict=True):
            dual = dual + g(x)
            x = norm(x + g(x))
    return x + plain(p.final)(dual)


def lns(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f, start=1):
        for norm, g in zip(norms(p.norms[layer - 1]), row, strict=True):
            x = x + g(norm(x) / layer**0.5)
    return plain(p.final)(x)


def normformer(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        for norm, g in zip(norms(p.norms[layer]), row, strict=True):
            x = x + g(norm(x))
    return plain(p.final)(x)


def rezero(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        for place, (norm, g) in enumerate(zip(norms(p.norms[layer]), row, strict=True)):
            x = x + p.a[layer][min(place, len(p.a[layer]) - 1)] * g(norm(x))
    return x


def t_fixup(p: Any, stack: str, x: Tensor, f: list[list[Branch]]) -> Tensor:
    for layer, row in enumerate(f):
        for norm, g in zip(norms(p.norms[layer]), row, strict=True):
            x = x + g(norm(x))
    return x


FORMULAS = {
    f.__name__: f
    for f in (
        *(post, pre, sandwich, peri, deepnorm, b2t),
        *(residual, lns, normformer, rezero, t_fixup),
    )
}


def run(
    placement: Placement, x: Tensor, f: Sequence[Sequence[Branch]], real: Tensor = REAL
) -> Tensor:
    """What the placement makes of x."""
    x = placement.enter(x, real)
    for index, row in enumerate(f):
        x = placement(index, x, real, row)
    return placement.leave(x, real)


@pytest.mark.parametrize("stack", LAYERS)
@pytest.mark.parametrize("name", names("placement"))
def test_a_placement_equals_its_formula(name: str, stack: str) -> None:
    placement, f = placed(name, stack), branches(stack)
    x = torch.randn(2, 5, D, dtype=torch.float64)
    torch.testing.assert_close(run(placement, x, f), FORMULAS[name](placement, stack, x, f))


@pytest.mark.parametrize("name", sorted(set(names("placement")) - {"normformer"}))
def test_nothing_stands_inside_the_sublayers(name: str) -> None:
    inside = placed(name, "decoder").inside(0, REAL)
    x = torch.randn(2, 5, D)
    assert all(part(x) is x for part in inside)


def test_normformer_scales_each_head_of_each_attention_by_its_number() -> None:
    placement = placed("normformer", "decoder")
    heads = torch.randn(2, HEADS, 5, 4, dtype=torch.float64)
    inside = placement.inside(3, REAL)
    for at, part in enumerate((inside.heads, inside.cross_heads)):
        scales = placement.head_scales[3, at]
        expected = torch.stack([heads[:, h] * scales[h] for h in range(HEADS)], 1)
        torch.testing.assert_close(part(heads), expected)


def test_normformer_normalises_the_hidden_features_of_the_feed_forward() -> None:
    placement = placed("normformer", "encoder")
    hidden = torch.randn(2, 5, D_FF, dtype=torch.float64)
    norm = placement.hidden[2]
    expected = F.layer_norm(hidden, (D_FF,), norm.weight, norm.bias)
    torch.testing.assert_close(placement.inside(2, REAL).hidden(hidden), expected)


def test_normformer_normalises_what_each_attention_returns() -> None:
    placement = placed("normformer", "decoder")
    x = torch.randn(2, 5, D, dtype=torch.float64)
    inside = placement.inside(1, REAL)
    for at, part in enumerate((inside.attention, inside.cross_attention)):
        torch.testing.assert_close(part(x), plain(placement.after[1][at])(x))


def test_rezero_has_one_number_a_layer_or_by_option_one_a_sublayer() -> None:
    for shared, count in (("true", 1), ("false", 3)):
        made = option("placement", "rezero", f"placement.shared={shared}")
        placement = made(LayerNorm, Stack("decoder", 3, 4, D, D_FF, HEADS))
        assert [len(a) for a in placement.a] == [count] * 4


@pytest.mark.parametrize("name", names("placement"))
def test_every_norm_of_a_placement_is_told_what_is_real(name: str) -> None:
    real = torch.arange(5) < torch.tensor([[5], [3]])
    made = option("placement", name)(BatchNorm, Stack("decoder", 3, 4, D, D_FF, HEADS)).double()
    f, x = branches("decoder"), torch.randn(2, 5, D, dtype=torch.float64)
    poisoned = torch.where(real.unsqueeze(-1), x, 1e3)
    one, two = (run(made, given, f, real)[real] for given in (x, poisoned))
    torch.testing.assert_close(one, two)


def test_rezero_starts_as_the_identity() -> None:
    made = option("placement", "rezero")(LayerNorm, Stack("encoder", 3, 4, D, D_FF, HEADS))
    x = torch.randn(2, 5, D, dtype=torch.float64)
    assert torch.equal(run(made.double(), x, branches("encoder")), x)


def test_sandwich_without_its_final_norm_returns_the_stream() -> None:
    made = option("placement", "sandwich", "placement.final=false")
    placement = made(LayerNorm, Stack("encoder", 3, 4, D, D_FF, HEADS))
    x = torch.randn(2, 5, D)
    assert placement.leave(x, REAL) is x
