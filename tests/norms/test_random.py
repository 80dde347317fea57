"""Facts that hold for any shape, length and padding, drawn at random."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tests.norms.catalogue import D_MODEL, VARIANTS, Variant

SLOW = settings(max_examples=15)
LENGTHS = st.lists(st.integers(0, 7), min_size=1, max_size=5)
EVERY = pytest.mark.parametrize("variant", VARIANTS, ids=str)
UNPADDED = [v for v in VARIANTS if not v.training[1]]


def drawn(lengths: list[int], seed: int, left: bool = False) -> tuple[Tensor, Tensor]:
    """Sentences of these lengths, padded on either side."""
    draw = torch.Generator().manual_seed(seed)
    time = max(1, *lengths)
    x = torch.randn(len(lengths), time, D_MODEL, generator=draw, dtype=torch.float64) * 3
    real = torch.arange(time) < torch.tensor(lengths)[:, None]
    return x, real.flip(1) if left else real


@EVERY
@SLOW
@given(lengths=LENGTHS, seed=st.integers(0, 99), left=st.booleans(), training=st.booleans())
def test_outputs_gradients_and_state_are_finite(
    variant: Variant, lengths: list[int], seed: int, left: bool, training: bool
) -> None:
    x, real = drawn(lengths, seed, left)
    norm = variant.build().train(training)
    x.requires_grad_()
    y = norm(x, real)
    (dx,) = torch.autograd.grad(y.square().sum(), x)
    assert all(bool(v.isfinite().all()) for v in (y, dx, *norm.state_dict().values()))


@pytest.mark.parametrize("variant", UNPADDED, ids=str)
@SLOW
@given(lengths=LENGTHS, seed=st.integers(0, 99), more=st.integers(1, 4), training=st.booleans())
def test_more_padding_changes_neither_outputs_nor_state(
    variant: Variant, lengths: list[int], seed: int, more: int, training: bool
) -> None:
    x, real = drawn(lengths, seed)
    padding = torch.full((x.shape[0], more, D_MODEL), 1e6, dtype=torch.float64)
    one, two = variant.build().train(training), variant.build().train(training)
    y = one(x, real)
    longer = two(torch.cat((x, padding), 1), torch.nn.functional.pad(real, (0, more)))
    torch.testing.assert_close(longer[:, : x.shape[1]][real], y[real])
    torch.testing.assert_close(list(one.buffers()), list(two.buffers()))


@EVERY
@SLOW
@given(lengths=LENGTHS, seed=st.integers(0, 99), training=st.booleans())
def test_the_order_of_sentences_does_not_matter(
    variant: Variant, lengths: list[int], seed: int, training: bool
) -> None:
    x, real = drawn(lengths, seed)
    order = torch.randperm(len(lengths), generator=torch.Generator().manual_seed(seed))
    one, two = variant.build().train(training), variant.build().train(training)
    torch.testing.assert_close(two(x[order], real[order]), one(x, real)[order])
