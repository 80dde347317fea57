from pathlib import Path

import pytest
import torch

from tests.benchmarks.sentences import example, material
from whynorm.benchmarks.material import divided, read
from whynorm.data.batch import teacher_forced


@pytest.mark.parametrize("number", [0, 1])
def test_the_tokens_of_a_round_equal_those_that_its_batches_ask_for(number: int) -> None:
    asked = [int(teacher_forced(batch).real.sum()) for batch in material().batches(number)]
    assert material().target_tokens(number) == sum(asked)


def test_after_the_last_round_comes_the_first_again() -> None:
    assert material().target_tokens(2) == material().target_tokens(0)


def test_what_is_read_equals_what_was_saved(tmp_path: Path) -> None:
    material().save(tmp_path / "material.json")
    assert read(tmp_path / "material.json") == material()


def test_the_longest_sentence_counts_the_end_that_is_predicted() -> None:
    assert material().longest() == 9


def test_rounds_take_the_batches_of_an_order_one_after_the_other() -> None:
    examples = [example(3, 3, number) for number in range(4)]
    rounds = divided(examples, [[0], [1], [2, 3]], rounds=2, batches=2)
    found = [[[one.index for one in batch] for batch in batches] for batches in rounds]
    assert found == [[[0], [1]], [[2, 3], [0]]]


def test_batches_are_padded_to_their_own_longest() -> None:
    assert torch.equal(
        material().batches(1)[0].source != 0, torch.arange(4) < torch.tensor([[2], [4]])
    )
