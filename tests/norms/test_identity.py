"""Norms that are each other, or torch's own, under the right options."""

import pytest
import torch
from torch.nn import functional as F

from tests.norms.catalogue import D_MODEL, example
from tests.options import option

EPS = 1e-5


def test_one_group_per_token_is_layer_norm() -> None:
    x, real = example()
    one = option("norm", "group", "norm.groups=1")(D_MODEL).double()
    layer = option("norm", "layer")(D_MODEL).double()
    torch.testing.assert_close(one(x, real), layer(x, real), rtol=0, atol=1e-12)


def test_as_many_groups_as_features_erase_the_token() -> None:
    x, real = example()
    norm = option("norm", "group", f"norm.groups={D_MODEL}")(D_MODEL).double()
    assert torch.equal(norm(x, real), torch.zeros_like(x))


def test_as_many_groups_as_features_over_time_are_instance_norm() -> None:
    x, real = example()
    groups = option("norm", "group", f"norm.groups={D_MODEL}", "norm.over_time=true")
    instance = option("norm", "instance")(D_MODEL).double()
    torch.testing.assert_close(groups(D_MODEL).double()(x, real), instance(x, real))


def test_group_over_time_counting_padding_is_torchs_group_norm() -> None:
    x, real = example()
    options = ("norm.over_time=true", "norm.count_padding=true", "norm.groups=2")
    ours = option("norm", "group", *options)(D_MODEL).double()(x, real)
    torch.testing.assert_close(ours, F.group_norm(x.mT, 2, eps=EPS).mT)


def test_instance_norm_counting_padding_is_torchs_instance_norm() -> None:
    x, real = example()
    ours = option("norm", "instance", "norm.count_padding=true")(D_MODEL).double()(x, real)
    torch.testing.assert_close(ours, F.instance_norm(x.mT, eps=EPS).mT)


@pytest.mark.parametrize("count_padding", ["true", "false"])
def test_batch_norm_follows_torchs_for_twenty_steps_of_training(count_padding: str) -> None:
    ours = option("norm", "batch", f"norm.count_padding={count_padding}")(D_MODEL).double()
    torchs = torch.nn.BatchNorm1d(D_MODEL, eps=EPS).double()
    for _ in range(20):
        x, real = example()
        seen = torch.ones_like(real) if count_padding == "true" else real
        torch.testing.assert_close(ours(x, real)[seen], torchs(x[seen]))
    torch.testing.assert_close(ours.running_mean, torchs.running_mean)
    torch.testing.assert_close(ours.running_var, torchs.running_var)


def test_running_extremes_move_towards_the_batch_by_the_momentum() -> None:
    norm = option("norm", "minmax", "norm.over=tokens")(D_MODEL).double()
    low, high = torch.zeros(D_MODEL).double(), torch.ones(D_MODEL).double()
    for _ in range(20):
        x, real = example()
        norm(x, real)
        low = 0.9 * low + 0.1 * x[real].amin(0)
        high = 0.9 * high + 0.1 * x[real].amax(0)
    torch.testing.assert_close((norm.running_min, norm.running_max), (low, high))


def test_scale_norm_starts_as_rms_norm_without_a_weight() -> None:
    x, real = example()
    scale = option("norm", "scale")(D_MODEL).double()
    rms = option("norm", "rms", "norm.weight=false", "norm.eps=0.0")(D_MODEL).double()
    torch.testing.assert_close(scale(x, real), rms(x, real), rtol=1e-6, atol=1e-6)
