import pytest
import torch
from torch import Tensor, nn

from tests.options import names, option
from tests.probes.subjects import changed, everything
from whynorm.norms.norm import Norm
from whynorm.probes.causality import leaks, looks_ahead

# SCIENCE.md, table of who depends on whom: the norms that look across time as they are by default.
OVER_THE_BATCH = ["batch", "power", "power_v", "batch_renorm", "regularized_batch", "unified"]


def announced(norm: str, mask: str = "paper", fill: str = "fused") -> list[list[str]]:
    """The reasons for which a decoder of these parts leaks, training and evaluating."""
    norms = [option("norm", norm)(8) for _ in range(3)]
    return list(leaks(norms, option("mask", mask), option("mask_fill", fill)))


def test_the_papers_decoder_has_no_reason_to_leak() -> None:
    assert announced("layer") == [[], []]


def test_a_peeking_mask_is_announced_with_its_reach() -> None:
    reason = "the decoder's mask shows up to 1 later tokens"
    assert announced("layer", "peek") == [[reason], [reason]]


def test_a_missing_look_ahead_mask_is_announced_as_showing_everything() -> None:
    reason = "the decoder's mask shows every later token"
    assert announced("layer", "no_look_ahead") == [[reason], [reason]]


def test_a_fill_that_lets_the_future_in_is_announced() -> None:
    reason = "the fill Multiply lets later tokens move the weights of earlier ones"
    assert announced("layer", fill="multiply") == [[reason], [reason]]


def test_instance_statistics_are_announced_in_both_modes() -> None:
    reason = "the decoder's InstanceNorm takes statistics over later tokens too"
    assert announced("instance") == [[reason], [reason]]


@pytest.mark.parametrize("norm", sorted({*OVER_THE_BATCH} & {*names("norm")}))
def test_batch_statistics_are_announced_in_training_alone(norm: str) -> None:
    training, evaluating = announced(norm)
    assert len(training) == 1
    assert evaluating == []


@pytest.mark.parametrize("norm", names("norm"))
def test_the_announcement_agrees_with_the_flag_that_forbids_a_cache(norm: str) -> None:
    made = option("norm", norm)(8)
    assert looks_ahead(made, training=False) == made.across_time


def test_a_norm_whose_weight_begins_at_zero_is_announced_all_the_same() -> None:
    norm = option("norm", "instance")(8)
    nn.init.zeros_(norm.weight)
    assert looks_ahead(norm, training=False)


def test_one_norm_of_each_kind_is_asked() -> None:
    asked = []

    class Counting(Norm):
        """The identity, which says that it was asked."""

        def forward(self, x: Tensor, real: Tensor) -> Tensor:
            asked.append(self.eps)
            return x

    norms = [Counting(8) for _ in range(9)] + [Counting(8, eps=1.0)]
    leaks(norms, option("mask", "paper"), option("mask_fill", "fused"))
    assert sorted(set(asked)) == [1e-5, 1.0]
    assert len(asked) == 2 * 2 * 2  # settings, modes, before and after the edit


@pytest.mark.parametrize("norm", names("norm"))
def test_asking_norms_leaves_them_as_they_were(norm: str) -> None:
    made = option("norm", norm)(8).train()
    made.penalty = (made(torch.randn(2, 3, 8), torch.ones(2, 3).bool()) ** 2).sum()
    before = everything(made)
    leaks([made], option("mask", "paper"), option("mask_fill", "fused"))
    assert changed(before, made) == []
