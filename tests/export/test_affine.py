"""Which norms are one multiplication and one addition a feature when evaluating."""

import pytest
import torch

from tests.options import names, option
from whynorm.export.affine import affine, is_affine
from whynorm.norms.norm import Norm

AFFINE = [
    ("batch",),
    ("batch", "norm.count_padding=true"),
    ("batch", "norm.weight=false", "norm.bias=false"),
    ("batch_renorm",),
    ("regularized_batch",),
    ("power",),
    ("power_v",),
    ("unified",),
    ("minmax", "norm.over=tokens"),
    ("standardize", "norm.over=tokens"),
    ("none", "norm.weight=true", "norm.bias=true"),
    ("none",),
    ("group", "norm.groups=8"),  # a feature a group: the token is erased, a scale of 0
]
OTHERS = [(name,) for name in names("norm") if (name,) not in AFFINE]
OTHERS += [
    ("power", "norm.scaling_groups=4"),
    ("group", "norm.over_time=true"),
    ("standardize", "norm.over=time"),
    ("dyt", "norm.a=0.0001"),
]


def used(words: tuple[str, ...]) -> Norm:
    """A norm of these words of a command, after it has seen a few batches."""
    norm: Norm = option("norm", *words)(8)
    for parameter in norm.parameters():
        parameter.data += torch.rand(parameter.shape)
    for _ in range(3):
        norm(3 + 2 * torch.randn(4, 6, 8), torch.ones(4, 6, dtype=torch.bool))
    return norm.eval()


@pytest.mark.parametrize("words", AFFINE, ids=" ".join)
def test_the_affine_map_of_a_norm_equals_what_it_computes(words: tuple[str, ...]) -> None:
    norm, x = used(words).double(), torch.randn(2, 5, 8).double()
    scale, shift = affine(norm)
    got = norm(x, torch.arange(5) < torch.tensor([[5], [2]]))
    torch.testing.assert_close(scale * x + shift, got, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("words", OTHERS, ids=" ".join)
def test_a_norm_that_looks_across_or_bends_is_not_affine(words: tuple[str, ...]) -> None:
    assert not is_affine(used(words))


def test_asking_a_norm_leaves_its_statistics_alone() -> None:
    norm = used(("batch",)).train()
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    affine(norm)
    assert norm.training
    torch.testing.assert_close(norm.state_dict(), before)


def test_one_map_after_another_equals_both_by_turns() -> None:
    outer, inner = affine(used(("batch",))), affine(used(("power",)))
    x, both = torch.randn(3, 8).double(), outer.of(inner)
    expected = outer.scale * (inner.scale * x + inner.shift) + outer.shift
    torch.testing.assert_close(both.scale * x + both.shift, expected)
