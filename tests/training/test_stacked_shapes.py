"""Batches of several runs brought into one shape."""

import torch

from tests.training.tiny import tiny_batch
from whynorm.data.vocabulary import PAD
from whynorm.training.stacked_shapes import companies, padded, sizes_of


def shapes(*rows: tuple[int, int, int]) -> list[dict[str, int]]:
    return [dict(zip(("batch", "source", "target"), row, strict=True)) for row in rows]


def test_batches_of_like_shapes_are_computed_at_once_and_unlike_ones_apart() -> None:
    found = companies(shapes((90, 5, 5), (10, 40, 40), (88, 5, 6), (11, 38, 40)), beginning=256)
    assert found == [[1, 3], [0, 2]]


def test_where_a_beginning_is_dear_all_are_computed_at_once() -> None:
    assert companies(shapes((90, 5, 5), (10, 40, 40)), beginning=10**6) == [[0, 1]]


def test_where_a_beginning_costs_nothing_unequal_batches_are_computed_apart() -> None:
    assert companies(shapes((90, 5, 5), (10, 40, 40)), beginning=0) == [[1], [0]]


def test_a_batch_keeps_its_place_and_has_padding_behind_it() -> None:
    small, large = tiny_batch([[5]]), tiny_batch([[5, 6, 7], [8, 9]])
    source, target = padded([small, large], sizes_of(large))
    assert torch.equal(source[0, :1, :2], small.source)
    assert torch.equal(target[1], large.target)
    assert int((source[0] == PAD).sum()) == source[0].numel() - small.source.numel()
