"""Who sees whom under each mask option."""

import pytest
import torch
from torch import Tensor

from tests.options import names, option
from whynorm.masks.algebra import distance
from whynorm.masks.paper import Masks

SOURCE = torch.tensor([[True, True, True], [True, False, False]])
TARGET = torch.tensor([[True, True, True, True], [True, True, False, False]])


def masks(name: str, *overrides: str) -> Masks:
    return option("mask", name, *overrides)(SOURCE, TARGET)


def rows(visible: Tensor, sentence: int, queries: int, keys: int) -> list[str]:
    """One line a query, x where it sees the key."""
    table = visible.expand(2, 1, queries, keys)[sentence, 0]
    return ["".join("x" if seen else "." for seen in row) for row in table.tolist()]


def test_the_papers_encoder_sees_real_source_tokens_only() -> None:
    assert rows(masks("paper").encoder, 1, 3, 3) == ["x..", "x..", "x.."]


def test_the_papers_decoder_sees_real_target_tokens_up_to_its_own() -> None:
    assert rows(masks("paper").decoder, 1, 4, 4) == ["x...", "xx..", "xx..", "xx.."]


def test_the_papers_cross_attention_sees_real_source_tokens_only() -> None:
    assert rows(masks("paper").cross, 1, 4, 3) == ["x..", "x..", "x..", "x.."]


def test_no_look_ahead_shows_the_whole_answer() -> None:
    assert rows(masks("no_look_ahead").decoder, 0, 4, 4) == ["xxxx"] * 4


def test_peek_shows_as_many_later_tokens_as_asked() -> None:
    peek = masks("paper", "mask.decoder.look_ahead.peek=2").decoder
    assert rows(peek, 0, 4, 4) == ["xxx.", "xxxx", "xxxx", "xxxx"]


@pytest.mark.parametrize("site", ["encoder", "cross"])
def test_leaving_a_sites_padding_mask_out_shows_its_padding(site: str) -> None:
    visible = getattr(masks(f"no_{site}_padding"), site)
    assert bool(visible.all())


def test_leaving_the_decoders_padding_mask_out_keeps_look_ahead() -> None:
    visible = masks("no_decoder_padding").decoder
    assert rows(visible, 1, 4, 4) == ["x...", "xx..", "xxx.", "xxxx"]


def test_the_wrong_axis_hides_everything_from_padded_queries_and_nothing_from_real_ones() -> None:
    assert rows(masks("wrong_axis").encoder, 1, 3, 3) == ["xxx", "...", "..."]


def test_the_inverted_mask_shows_padding_and_hides_real_tokens() -> None:
    assert rows(masks("inverted").encoder, 1, 3, 3) == [".xx", ".xx", ".xx"]


def test_a_window_shows_as_many_tokens_to_either_side_as_asked() -> None:
    narrow = masks("window", "mask.encoder.window.reach=1").encoder
    assert rows(narrow, 0, 3, 3) == ["xx.", "xxx", ".xx"]


def test_no_mask_hides_nothing() -> None:
    every = masks("none")
    assert all(bool(visible.all()) for visible in (every.encoder, every.decoder, every.cross))


@pytest.mark.parametrize("name", names("mask"))
def test_a_mask_says_itself_whether_the_decoder_may_see_the_future(name: str) -> None:
    rules = option("mask", name)
    real = torch.ones(1, 6, dtype=torch.bool)
    seen = rules(real, real).decoder.expand(1, 1, 6, 6)[0, 0]
    later = distance(real, real)[0, 0] > 0
    assert rules.causal == (not bool((seen & later).any()))


@pytest.mark.parametrize("name", names("mask"))
def test_padding_more_leaves_what_real_queries_see_of_real_keys(name: str) -> None:
    rules = option("mask", name)
    longer = torch.cat((TARGET, torch.zeros(2, 3, dtype=torch.bool)), dim=1)
    before = rules(SOURCE, TARGET).decoder.expand(2, 1, 4, 4)
    after = rules(SOURCE, longer).decoder.expand(2, 1, 7, 7)
    assert torch.equal(before, after[..., :4, :4])
