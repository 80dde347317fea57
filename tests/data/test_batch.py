import torch
from hypothesis import given
from hypothesis import strategies as st

from whynorm.data.batch import Example, collate, pad
from whynorm.data.vocabulary import BEGIN, END, PAD

ROWS = st.lists(st.lists(st.integers(4, 99), max_size=9), min_size=1, max_size=9)
SIDES = st.sampled_from(["right", "left"])


@given(ROWS, SIDES)
def test_what_is_no_padding_are_the_rows(rows: list[list[int]], side: str) -> None:
    assert [[number for number in row if number != PAD] for row in pad(rows, side).tolist()] == rows


@given(ROWS, SIDES)
def test_a_batch_is_as_long_as_its_longest_row(rows: list[list[int]], side: str) -> None:
    assert pad(rows, side).shape[1] == max(map(len, rows))


@given(ROWS)
def test_padding_stands_on_its_side_alone(rows: list[list[int]]) -> None:
    for side, descending in (("right", True), ("left", False)):
        real = (pad(rows, side) != PAD).int()
        assert real.equal(real.sort(dim=1, descending=descending).values)


def test_the_target_goes_from_begin_to_end_and_the_source_is_as_it_is() -> None:
    batch = collate([Example([7, 8], [9], 3), Example([5], [6, 7], 1)], side="right")
    assert batch.source.tolist() == [[7, 8], [5, PAD]]
    assert batch.target.tolist() == [[BEGIN, 9, END, PAD], [BEGIN, 6, 7, END]]
    assert batch.index.tolist() == [3, 1]


@given(ROWS, SIDES, st.integers(1, 9))
def test_both_sides_of_a_batch_are_padded_to_the_next_multiple(
    rows: list[list[int]], side: str, multiple: int
) -> None:
    batch = collate([Example(row, row, 0) for row in rows], side=side, multiple=multiple)
    longest = max(map(len, rows))
    assert batch.source.shape[1] == next(n for n in range(0, 99, multiple) if n >= longest)
    assert batch.target.shape[1] - 1 == next(n for n in range(0, 99, multiple) if n > longest)


def test_ids_are_whole_numbers_even_where_a_row_is_empty() -> None:
    assert pad([[]], "right").dtype == torch.long
