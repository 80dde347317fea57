"""A folded model computes what it did with its norms."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial

import pytest
import torch

from tests.export.models import logits, rules, sentences, transformer
from tests.options import names, option
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Search, translate
from whynorm.export.affine import is_affine
from whynorm.export.folding import fold
from whynorm.export.wiring import KNOWN, option_of
from whynorm.model.transformer import Transformer
from whynorm.norms.batch import BatchNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.none import NoNorm
from whynorm.norms.norm import Norm
from whynorm.placements.pre import Pre

PLACEMENTS = sorted(option_of(kind) for kind in KNOWN)
NORMS = ("batch", "batch_renorm", "regularized_batch", "power", "power_v", "unified")
JOINT = ("model.embedding.tied=true",)
MODELS: dict[str, Callable[[], Transformer]] = {
    **{f"{p}": partial(transformer, "batch", *JOINT, placement=p, joint=True) for p in PLACEMENTS},
    **{f"{norm} post": partial(transformer, norm) for norm in NORMS},
    **{f"{norm} pre": partial(transformer, norm, placement="pre") for norm in NORMS},
    "untied": partial(transformer, "batch", "model.embedding.tied=false", placement="pre"),
    "learnt positions": partial(transformer, "batch", "model/embedding=learned", placement="peri"),
    "query and key norms": partial(transformer, "batch", qk_norm="layer"),
    "encoder alone": partial(transformer, "batch", decoder_norm="layer"),
    "decoder alone": partial(transformer, "layer", decoder_norm="batch", placement="pre"),
    "two kinds": partial(transformer, "batch", decoder_norm="power", placement="sandwich"),
}
every_model = pytest.mark.parametrize("make", MODELS.values(), ids=MODELS.keys())


@torch.no_grad()
def difference(one: Transformer, two: Transformer) -> float:
    """How far two models' scores lie apart, beside the largest of them."""
    mine, other = logits(one), logits(two)
    return float((mine - other).abs().max() / mine.abs().max())


@every_model
def test_a_folded_model_equals_its_original_in_double_precision(
    make: Callable[[], Transformer],
) -> None:
    model = deepcopy(make()).double()
    assert difference(model, fold(model).model) < 1e-12


@pytest.mark.parametrize("name", ["pre", "post", "sandwich", "power post", "untied"])
def test_a_folded_model_equals_its_original_in_single_precision(name: str) -> None:
    assert difference(MODELS[name](), fold(MODELS[name]()).model) < 1e-5


def test_folding_leaves_the_original_alone() -> None:
    model = deepcopy(transformer("batch"))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    fold(model)
    torch.testing.assert_close(model.state_dict(), before, rtol=0, atol=0)


@pytest.mark.parametrize("name", PLACEMENTS)
def test_nothing_is_normalised_in_a_folded_model(name: str) -> None:
    folded = fold(MODELS[name]()).model
    kinds = {type(module) for module in folded.modules() if isinstance(module, Norm)}
    assert kinds == {NoNorm}


def test_only_the_stacks_with_affine_norms_are_folded() -> None:
    folding = fold(transformer("batch", decoder_norm="layer"))
    left = {type(m) for m in folding.model.decoder.modules() if isinstance(m, Norm)}
    assert (folding.stacks, folding.norms, left) == (["encoder"], 4, {LayerNorm})


@pytest.mark.parametrize(
    ("stack", "untied"), [({}, True), ({"decoder_norm": "layer"}, False)], ids=["both", "encoder"]
)
def test_the_projection_is_untied_where_the_decoder_is_folded(
    stack: dict[str, str], untied: bool
) -> None:
    folding = fold(transformer("batch", *JOINT, joint=True, **stack))
    embedding = folding.model.embedding
    shared = embedding.output.weight is embedding.target_table.weight
    assert (folding.untied, shared) == (untied, not untied)


@pytest.mark.parametrize("placement", ["pre", "post", "peri"])
def test_a_folded_model_is_one_that_is_built_without_norms(placement: str) -> None:
    folded = fold(transformer("batch", *JOINT, placement=placement, joint=True)).model
    plain = deepcopy(
        transformer("none", "model.embedding.tied=false", placement=placement, joint=True)
    )
    plain.load_state_dict(folded.state_dict())
    assert set(map(type, folded.modules())) == set(map(type, plain.modules()))
    assert difference(folded, plain) == 0


@pytest.mark.parametrize("placement", ["pre", "post"])
@pytest.mark.parametrize("search", [Greedy(extra_tokens=9), Beam(extra_tokens=9)], ids=["1", "5"])
def test_a_folded_model_translates_as_its_original(search: Search, placement: str) -> None:
    model = transformer("batch", placement=placement)
    source = sentences([7, 7, 5, 3], seed=5)
    with torch.inference_mode():
        found = [translate(m, rules(), source, search=search) for m in (model, fold(model).model)]
    assert [one[0].ids for one in found[0]] == [one[0].ids for one in found[1]]


def erased(placement: str) -> Transformer:
    """A model whose norms' weight is 0 for one feature."""
    model = deepcopy(transformer("batch", placement=placement)).double()
    for module in model.modules():
        if isinstance(module, BatchNorm):
            assert module.weight is not None
            module.weight.data[3] = 0.0
    return model


def test_a_feature_that_a_norm_erases_from_the_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="weight is 0 for feature 3"):
        fold(erased("post"))


def test_a_feature_that_a_norm_erases_from_what_is_read_folds() -> None:
    assert difference(erased("pre"), fold(erased("pre")).model) < 1e-12


@pytest.mark.parametrize("norm", ["layer", "none", "dyt"])
def test_a_model_without_norms_that_fold_is_refused(norm: str) -> None:
    with pytest.raises(ValueError, match=f"norm={norm} is not exported"):
        fold(transformer(norm))


def test_the_refusal_names_the_norms_that_fold() -> None:
    with pytest.raises(ValueError) as refused:
        fold(transformer("layer"))
    named = str(refused.value).partition("evaluating, as ")[2].removesuffix(" are")
    affine = [
        name for name in names("norm") if name != "none" and is_affine(option("norm", name)(8))
    ]
    assert sorted(named.replace(" and ", ", ").split(", ")) == affine


@pytest.mark.parametrize("placement", sorted(set(names("placement")) - set(PLACEMENTS)))
def test_a_placement_with_a_second_way_around_its_norms_is_refused(placement: str) -> None:
    with pytest.raises(ValueError, match=f"placement={placement} .* choose from deepnorm, lns"):
        fold(transformer("batch", placement=placement))


class Changed(Pre):
    """Pre-norm, with something changed."""


def test_a_placement_made_from_a_known_one_is_not_taken_for_it() -> None:
    model = deepcopy(transformer("batch", placement="pre"))
    model.encoder.placement.__class__ = Changed
    with pytest.raises(ValueError, match="is not known to exports"):
        fold(model)
