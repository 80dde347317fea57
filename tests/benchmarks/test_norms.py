import pytest
import torch
from torch import nn

from tests.benchmarks.givens import GIVEN
from whynorm.benchmarks import norms
from whynorm.benchmarks.norms import TORCH, Own, by_turns, forward_and_backward, padded
from whynorm.benchmarks.record import Finding


@pytest.fixture(scope="module")
def found() -> Finding:
    (only,) = norms.norms(
        GIVEN,
        rounds=2,
        passes=1,
        threads=1,
        batch=6,
        time=4,
        d_model=8,
        also=["norm=group norm.groups=4"],
    )
    return only


def test_every_norm_takes_part_beside_torchs(found: Finding) -> None:
    expected = [TORCH, *GIVEN.norms, "group norm.groups=4"]
    assert [row["norm"] for row in found.table] == expected


def test_every_norm_has_every_counted_round(found: Finding) -> None:
    assert {row["round"] for row in found.rows} == {1, 2}
    assert len(found.rows) == 2 * len(found.table)


def test_norms_take_turns() -> None:
    diary: list[str] = []
    runs = {name: lambda name=name: diary.append(name) for name in "ab"}
    by_turns(runs, rounds=1, passes=2, threads=1)
    assert "".join(diary) == "aabb" * 2


def test_the_number_of_threads_is_as_it_was_afterwards() -> None:
    by_turns({}, rounds=0, passes=1, threads=2)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize("padding", [0.0, 0.3, 0.5])
def test_so_large_a_share_is_padding(padding: float) -> None:
    assert norms.share(padded(400, 40, padding)) == pytest.approx(padding, abs=0.03)


def test_padding_stands_on_the_right() -> None:
    real = padded(10, 6, 0.3)
    assert torch.equal(real, real.sort(dim=1, descending=True).values)


def test_a_pass_reaches_the_weights_and_keeps_no_gradients() -> None:
    reached: list[str] = []
    norm = nn.LayerNorm(4)
    norm.weight.register_hook(lambda gradient: reached.append("weight"))
    forward_and_backward(Own(norm), torch.randn(2, 3, 4), padded(2, 3, 0.0))()
    assert (reached, norm.weight.grad) == (["weight"], None)
