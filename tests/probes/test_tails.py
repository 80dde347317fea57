"""What tails do to a norm: each measure by hand, the facts of the table, and the committed one."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import Tensor

from tests.options import option
from tests.probes.committed import alike, hold
from whynorm.norms.layer import LayerNorm
from whynorm.norms.minmax import MinMaxNorm
from whynorm.norms.none import NoNorm
from whynorm.norms.norm import Norm
from whynorm.probes.distributions import distributions
from whynorm.probes.subject import MakeNorm, Row
from whynorm.probes.tails import Tokens, drawn, measured, table

COMMITTED = Path("experiments/tails/results.csv")
WIDTH = 512
TOKEN = [-3.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 10.0]
ORDINARY = [-0.5, 0.0, 0.5, 1.0]
RANGING, SPREADING = ["minmax", "minmax_centred"], ["standardize", "layer", "rms"]
PLANTED = ["outlier 10", "outlier 30", "outlier 100"]
SOURCES = ["uniform", "normal", "student", *PLANTED]
every_norm = pytest.mark.parametrize("norm", [*RANGING, *SPREADING])
every_source = pytest.mark.parametrize("source", SOURCES)


def chosen() -> Mapping[str, Any]:
    """What the probe's option chooses."""
    return option("probe", "tails").keywords


@cache
def rows() -> dict[tuple[str, str], Row]:
    """The table of the experiment, by distribution and norm."""
    words = chosen()
    size = (words["tokens"], WIDTH)
    found = table(words["norms"], words["outliers"], draws=words["draws"], size=size)
    return {(str(row["distribution"]), str(row["norm"])): row for row in found}


def value(source: str, norm: str, measure: str) -> float:
    return float(rows()[source, norm][measure])


def fixed(size: tuple[int, int], randomness: torch.Generator) -> Tensor:
    return torch.tensor([TOKEN], dtype=torch.float64)


def token() -> Tokens:
    return drawn(fixed, (1, len(TOKEN)), torch.Generator().manual_seed(0))


def test_the_most_extreme_feature_stands_at_the_median_in_the_calm_token() -> None:
    assert token().calm.tolist() == [[*TOKEN[:-1], 0.0]]


def test_ordinary_features_are_the_middle_half_by_rank() -> None:
    given = token()
    assert given.x.gather(-1, given.ordinary).tolist() == [ORDINARY]


def test_the_measures_of_min_max_are_those_of_its_formula() -> None:
    found = measured(MinMaxNorm(len(TOKEN), eps=0.0), token())
    spread = float(numpy.std(ORDINARY))
    shift = numpy.array([(x + 3) / 13 - (x + 3) / 5 for x in ORDINARY])
    assert found["range"] == pytest.approx(1)
    assert found["middle half"] == found["share of range"] == pytest.approx(1.5 / 13)
    assert found["spread left"] == found["gradient left"] == pytest.approx(5 / 13)
    assert found["moved"] == pytest.approx(math.sqrt((shift**2).mean()) / (spread / 5))


def test_the_ends_of_min_max_get_a_gradient_of_all_other_features() -> None:
    given = token()
    place = (numpy.array(TOKEN) + 3) / 13
    upstream = given.upstream[0].numpy()
    ends = (upstream * place)[:-1].sum(), (upstream * (1 - place))[1:].sum()
    ordinary = numpy.sqrt((upstream[2:6] ** 2).mean())
    found = measured(MinMaxNorm(len(TOKEN), eps=0.0), given)
    assert found["gradient at ends"] == pytest.approx(max(map(abs, ends)) / ordinary)


def test_the_measures_of_layer_norm_are_those_of_its_formula() -> None:
    found = measured(LayerNorm(len(TOKEN), eps=0.0), token())
    after, before = numpy.std(TOKEN), numpy.std([*TOKEN[:-1], 0.0])
    assert found["range"] == pytest.approx(13 / after)
    assert found["standard deviation"] == pytest.approx(1)
    assert found["spread left"] == pytest.approx(before / after)


def test_a_norm_that_does_nothing_is_measured_as_such() -> None:
    found = measured(NoNorm(len(TOKEN)), token())
    kept = ("moved", "spread left", "gradient left", "correlation")
    assert [found[name] for name in kept] == pytest.approx([0, 1, 1, 1])
    assert found["range"] == 13


class Flattening(Norm):
    """Bends a token's numbers, as no norm that is asked by default does."""

    def normalised(self, x: Tensor, real: Tensor) -> Tensor:
        return x.pow(3)


def test_what_bends_a_token_is_seen_in_the_share_of_its_range() -> None:
    found = measured(Flattening(len(TOKEN), weight=False, bias=False), token())
    assert found["share of range"] == pytest.approx((1 + 0.125) / (1000 + 27))


@pytest.mark.parametrize(
    ("name", "quartile"),
    [("uniform", math.sqrt(3) / 2), ("normal", 0.67449), ("student", math.sqrt(2 / 3))],
)
def test_a_distribution_has_the_quartiles_of_its_name(name: str, quartile: float) -> None:
    x = distributions([])[name]((200, 500), torch.Generator().manual_seed(0))
    found = torch.quantile(x.flatten()[:100_000], torch.tensor([0.25, 0.5, 0.75]).double())
    assert found.tolist() == pytest.approx([-quartile, 0, quartile], abs=0.02)


def test_an_outlier_stands_so_many_deviations_up_in_some_tokens_and_down_in_others() -> None:
    x = distributions([30])["outlier 30"]((64, 8), torch.Generator().manual_seed(0))
    assert set(x[:, 0].tolist()) == {-30.0, 30.0}
    assert float(x[:, 1:].abs().max()) < 6


def test_every_distribution_stands_beside_every_norm() -> None:
    assert list(rows()) == [(s, n) for s in SOURCES for n in [*RANGING, *SPREADING]]


@every_source
@pytest.mark.parametrize(("norm", "width"), [("minmax", 1), ("minmax_centred", 2)])
def test_min_max_has_one_range_whatever_the_distribution(
    norm: str, width: int, source: str
) -> None:
    assert value(source, norm, "range") == pytest.approx(width, rel=1e-4)


@pytest.mark.parametrize("norm", SPREADING)
def test_the_others_have_a_range_that_the_tails_decide(norm: str) -> None:
    assert value("outlier 100", norm, "range") > 5 * value("uniform", norm, "range")


@every_norm
@every_source
def test_no_norm_changes_the_shape_of_a_token(norm: str, source: str) -> None:
    share = value(source, "layer", "share of range")
    assert value(source, norm, "share of range") == pytest.approx(share, rel=1e-3)
    assert value(source, norm, "correlation") == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("norm", SPREADING)
@pytest.mark.parametrize("source", PLANTED)
def test_an_outlier_takes_more_of_the_spread_with_min_max(norm: str, source: str) -> None:
    least = min(value(source, other, "spread left") for other in RANGING)
    assert value(source, norm, "spread left") > 1.9 * least


@pytest.mark.parametrize("norm", SPREADING)
def test_a_far_outlier_takes_most_of_the_spread_with_the_others_too(norm: str) -> None:
    assert value("outlier 100", norm, "spread left") < 0.25


@every_norm
@every_source
def test_the_gradient_of_ordinary_features_shrinks_with_their_spread(
    norm: str, source: str
) -> None:
    spread = value(source, norm, "spread left")
    assert value(source, norm, "gradient left") == pytest.approx(spread, rel=0.02)


def test_layer_and_standardize_are_one_norm_at_first() -> None:
    for source in SOURCES:
        one, two = ({**rows()[source, norm], "norm": ""} for norm in ("layer", "standardize"))
        assert all(alike(str(one[key]), two[key], 1e-4) for key in one)


@pytest.mark.parametrize("source", PLANTED)
def test_the_z_scores_advantage_grows_with_the_width(source: str) -> None:
    makes: dict[str, MakeNorm] = {"minmax": MinMaxNorm, "layer": LayerNorm}
    size = float(source.split()[1])
    advantage = []
    for width in (16, 64, 512):
        found = table(makes, [size], draws=2, size=(64, width))
        far = {row["norm"]: float(row["spread left"]) for row in found[-2:]}
        advantage.append(far["layer"] / far["minmax"])
    assert advantage == sorted(advantage)


def test_measuring_draws_nothing_from_the_global_random_state() -> None:
    before = torch.get_rng_state()
    table({"layer": LayerNorm}, [10.0], draws=2, size=(2, 8))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_committed_table_is_what_the_norms_do_today() -> None:
    hold(COMMITTED, rows().values(), atol=1e-4)
