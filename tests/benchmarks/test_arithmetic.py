import importlib
from pathlib import Path

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tests.benchmarks.sentences import SIZES, VOCABULARY, example
from whynorm.benchmarks.arithmetic import attention, operations, training_operations
from whynorm.benchmarks.contest import Outcome, Row
from whynorm.benchmarks.material import Material
from whynorm.benchmarks.matrices import NAME, by_onednn, shapes, timed
from whynorm.benchmarks.shares import share

SOURCE, TARGET = 5, 7


@pytest.fixture
def alone() -> Material:
    return Material([[[example(SOURCE, TARGET)]]], VOCABULARY)


def test_operations_equal_a_count_by_hand() -> None:
    d, f = SIZES.d_model, SIZES.d_ff
    own_source = 2 * SOURCE * d * (4 * d) + 2 * 2 * SOURCE * SOURCE * d
    own_target = 2 * TARGET * d * (4 * d) + 2 * 2 * TARGET * TARGET * d
    cross = 2 * TARGET * d * (2 * d) + 2 * SOURCE * d * (2 * d) + 2 * 2 * TARGET * SOURCE * d
    encoder = own_source + 2 * SOURCE * d * (2 * f)
    decoder = own_target + cross + 2 * TARGET * d * (2 * f)
    expected = 2 * encoder + 1 * decoder + 2 * TARGET * d * VOCABULARY
    assert operations(SIZES, SOURCE, TARGET) == expected


def test_attention_to_itself_equals_attention_to_a_memory_as_long() -> None:
    assert attention(4, 4, 8) == 8 * 4 * 8 * 8 + 4 * 4 * 4 * 8


@pytest.mark.parametrize("passes", ["forward", "forward and backward"])
def test_operations_equal_those_that_torch_counts_in_the_notebooks_model(
    alone: Material, passes: str, tmp_path: Path
) -> None:
    alone.save(tmp_path / "material.json")
    peer = importlib.import_module("benchmarks.peers.notebook").Training(
        SIZES, tmp_path / "material.json"
    )
    peer.prepare()
    with FlopCounterMode(display=False) as counted:
        loss = peer.loss(peer.model, alone.batches(0)[0])
        if passes != "forward":
            loss.backward()
    times = 1 if passes == "forward" else 3
    assert counted.get_total_flops() == times * operations(SIZES, SOURCE, TARGET + 1)


def test_a_rounds_operations_are_those_of_its_sentences_with_their_backward_pass() -> None:
    pair = Material([[[example(2, 3)], [example(4, 5)]]], VOCABULARY)
    expected = 3 * (operations(SIZES, 2, 4) + operations(SIZES, 4, 6))
    assert training_operations(SIZES, pair, 0) == expected


def test_a_product_counts_two_operations_for_each_multiplication() -> None:
    assert timed(torch.mm, torch.rand(3, 4), torch.rand(4, 5)).units == 2 * 3 * 4 * 5


def test_both_kernels_are_timed_at_the_same_product() -> None:
    left, right = torch.rand(30, 40), torch.rand(40, 50)
    torch.testing.assert_close(by_onednn(left, right), torch.mm(left, right))


def test_the_models_own_products_are_among_the_matrices() -> None:
    assert (100, SIZES.d_model, VOCABULARY) in shapes(SIZES, 100)


def test_a_share_is_the_median_of_each_rounds_own(alone: Material) -> None:
    work = training_operations(SIZES, alone, 0)
    rows = [
        Row(name, number, 1.0, 1.0, rate, 0)
        for number, rate in ((1, work * 2.0), (2, work * 4.0), (3, work * 10.0))
        for name, rate in (("ours", 1.0), (NAME, rate))
    ]
    found = share("ours", Outcome(rows, {}, {}), alone, SIZES)
    assert found == pytest.approx(25.0)
