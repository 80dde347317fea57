"""What CTranslate2 computes is accepted, and nothing else."""

import re

import pytest

from tests.export.models import rules, transformer
from tests.options import names
from whynorm.export.acceptance import require, supports

PLACEMENTS = ("lns", "post", "pre", "rezero", "t_fixup")


@pytest.mark.parametrize("fill", names("mask_fill"))
def test_a_fill_is_accepted_unless_hidden_keys_keep_a_share(fill: str) -> None:
    if fill == "multiply":
        with pytest.raises(ValueError, match=r"mask_fill=Multiply: .* no weight at all"):
            require(transformer(fill=fill), rules())
    else:
        require(transformer(fill=fill), rules())


@pytest.mark.parametrize("mask", names("mask"))
def test_a_mask_is_accepted_where_real_tokens_see_what_the_paper_lets_them(mask: str) -> None:
    if mask in ("paper", "no_decoder_padding"):
        require(transformer(), rules(mask))
    else:
        with pytest.raises(ValueError, match=r"mask\.(encoder|decoder|cross): .* mask=paper"):
            require(transformer(), rules(mask))


@pytest.mark.parametrize("placement", names("placement"))
def test_the_placements_that_are_accepted_are_those_that_a_refusal_names(placement: str) -> None:
    if placement in PLACEMENTS:
        require(transformer(placement=placement), rules())
        return
    with pytest.raises(ValueError, match=f"placement={placement}") as refused:
        require(transformer(placement=placement), rules())
    if "sub-layer" in str(refused.value):
        assert re.findall(r"choose from (.*)", str(refused.value)) == [", ".join(PLACEMENTS)]


@pytest.mark.parametrize("norm", ["batch", "scale", "none", "group", "ada"])
def test_other_norms_than_layer_and_rms_are_refused(norm: str) -> None:
    assert not supports(transformer(norm))
    with pytest.raises(ValueError, match=f"norm={norm}: .* none but layer and rms"):
        require(transformer(norm), rules())


def test_two_values_of_eps_are_refused() -> None:
    model = transformer("layer", "norm.eps=0.001", decoder_norm="layer")
    with pytest.raises(ValueError, match=r"norm\.eps is 1e-05 here and 0\.001 there"):
        require(model, rules())


@pytest.mark.parametrize("qk_norm", ["l2", "rms", "layer"])
def test_norms_of_queries_and_keys_are_refused(qk_norm: str) -> None:
    with pytest.raises(ValueError, match=r"qk_norm=.*know qk_norm=none"):
        require(transformer(qk_norm=qk_norm), rules())
