"""The table of fills: each fact it has to show, and that it is measured, never looked up."""

import math
from functools import cache
from pathlib import Path

import numpy
import pytest
import torch
from torch import Tensor

from tests.options import names, option
from tests.probes.committed import hold
from whynorm.masks.fill import Add, Fill, Replace, scaled_scores
from whynorm.probes.fills import DTYPES, SEES, table
from whynorm.probes.subject import Row

COMMITTED = Path("experiments/fills/results.csv")
HALF = ["bfloat16", "float16"]
HIDING = sorted({*names("mask_fill")} - {"multiply"})


@cache
def rows() -> dict[tuple[str, str, str], Row]:
    """The whole table, by fill, precision and what the query sees."""
    found = table(option("probe", "fills").keywords["fills"])
    return {(str(r["fill"]), str(r["dtype"]), str(r["row"])): r for r in found}


def visible(fill: str, dtype: str = "float32") -> Row:
    return rows()[fill, dtype, "sees some keys"]


def blind(fill: str, dtype: str = "float32") -> Row:
    return rows()[fill, dtype, "sees nothing"]


def raising(row: Row) -> bool:
    return "cannot be converted" in str(row["raises"])


def test_every_fill_option_stands_in_every_precision_and_both_kinds_of_query() -> None:
    assert rows().keys() == {(f, d, s) for f in names("mask_fill") for d in DTYPES for s in SEES}


@pytest.mark.parametrize("fill", HIDING)
def test_where_a_query_sees_something_these_fills_agree_bit_for_bit(fill: str) -> None:
    assert visible(fill)["as reference"] == "bit for bit"
    assert visible(fill)["severity"] == "exact"


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("fill", HIDING)
def test_in_half_precision_they_agree_within_it_or_raise(fill: str, dtype: str) -> None:
    row = visible(fill, dtype)
    assert raising(row) or (row["as reference"], row["severity"]) == (
        "within precision",
        "harmless",
    )


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("fill", HIDING)
def test_a_hidden_key_has_no_weight_beside_a_visible_one(fill: str, dtype: str) -> None:
    row = visible(fill, dtype)
    assert raising(row) or row["hidden weight"] == 0.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_minus_infinity_makes_nan_of_a_query_that_sees_nothing(dtype: str) -> None:
    assert math.isnan(float(blind("minus_infinity", dtype)["row sum"]))


@pytest.mark.parametrize("dtype", DTYPES)
def test_its_nan_reaches_v_though_the_row_is_left_out_of_the_loss(dtype: str) -> None:
    assert blind("minus_infinity", dtype)["NaN gradients if left out"] == "v"


@pytest.mark.parametrize("fill", ["minus_1e9", "minus_1e10", "lowest", "add_minus_1e9"])
def test_a_large_finite_fill_is_uniform_over_everything_the_future_included(fill: str) -> None:
    row = blind(fill)
    assert row["verdict"] == "uniform over everything, the future included"
    assert (row["hidden weight"], row["future weight"]) == (1.0, 0.5)


def test_an_added_ten_thousand_has_no_effect_where_a_query_sees_nothing() -> None:
    assert blind("add_minus_1e4")["verdict"] == "the mask has no effect"


@pytest.mark.parametrize("dtype", HALF)
def test_an_added_ten_thousand_swallows_scores_in_half_precision(dtype: str) -> None:
    assert "uniform over everything" in str(blind("add_minus_1e4", dtype)["verdict"])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_fused_kernel_gives_zeros_and_no_nan_where_all_is_hidden(dtype: str) -> None:
    row = blind("fused", dtype)
    assert (row["verdict"], row["row sum"], row["output error"]) == ("zeros", 0.0, 0.0)
    assert row["NaN gradients"] == row["NaN gradients if left out"] == ""


@pytest.mark.parametrize("sees", SEES)
@pytest.mark.parametrize("fill", ["minus_1e9", "minus_1e10"])
def test_half_precision_cannot_hold_minus_a_billion(fill: str, sees: str) -> None:
    assert raising(rows()[fill, "float16", sees])


def test_an_added_billion_becomes_minus_infinity_in_half_precision() -> None:
    row = blind("add_minus_1e9", "float16")
    assert math.isnan(float(row["row sum"]))
    assert row["NaN gradients if left out"] == "q k v"


@pytest.mark.parametrize("dtype", DTYPES.values(), ids=DTYPES)
def test_two_added_masks_of_the_lowest_number_are_infinite(dtype: torch.dtype) -> None:
    lowest = torch.finfo(dtype).min
    once = torch.zeros(1, 1, 1, 4, dtype=dtype) + lowest
    nothing = torch.zeros(1, 1, 1, 4, dtype=torch.bool)
    assert bool((once + lowest == -torch.inf).all())
    assert bool(Add(value=lowest).weights(once, nothing).isnan().all())


def test_the_spacing_of_single_precision_at_a_billion_is_64_and_swallows_an_added_score() -> None:
    billion = numpy.float32(-1e9)
    assert numpy.spacing(numpy.float32(1e9)) == 64
    assert billion + numpy.float32(31) == billion


@pytest.mark.parametrize("dtype", DTYPES)
def test_multiplying_lets_hidden_keys_take_a_share_of_the_sum(dtype: str) -> None:
    row = visible("multiply", dtype)
    assert row["verdict"] == "hidden keys take a share of the sum"
    assert row["hidden weight"] == 0.0
    assert float(row["row sum"]) < 0.9


def test_the_table_does_not_ask_for_a_fills_name() -> None:
    found = table({"one": Replace(value=-1e9), "two": option("mask_fill", "fused")})
    named = {"one": "minus_1e9", "two": "fused"}
    known = [rows()[named[str(r["fill"])], str(r["dtype"]), str(r["row"])] for r in found]
    assert [str({**r, "fill": ""}) for r in found] == [str({**r, "fill": ""}) for r in known]


class Wrong(Fill):
    """Hides what it should and doubles what remains."""

    def weights(self, scores: Tensor, visible: Tensor) -> Tensor:
        return 2 * Replace(value=-torch.inf).weights(scores, visible).nan_to_num()


class Root(Fill):
    """Has right values, and the infinite slope of a root at 0."""

    def weights(self, scores: Tensor, visible: Tensor) -> Tensor:
        hidden = scores * 0
        kept = Replace(value=-torch.inf).weights(scores, visible)
        return kept.masked_fill(~visible, 0.0) + hidden.abs().sqrt()


@pytest.mark.parametrize(
    ("fill", "severity", "verdict"),
    [
        (Add(value=0.0), "leaks", "the mask has no effect"),
        (Replace(value=0.0), "leaks", "hidden keys keep weight"),
        (Wrong(), "breaks", "wrong weights"),
        (Root(), "breaks", "finite; poisons gradients of q, k, in the loss or not"),
    ],
    ids=["nothing added", "zero", "wrong", "root"],
)
def test_a_fill_that_nobody_knows_is_judged_by_what_it_does(
    fill: Fill, severity: str, verdict: str
) -> None:
    row = table({"unknown": fill})[0]
    assert (row["severity"], row["verdict"]) == (severity, verdict)


def test_autocast_fills_in_half_precision_too() -> None:
    q, k = torch.randn(2, 1, 1, 4, 8)
    nothing = torch.zeros(1, 1, 4, 4, dtype=torch.bool)
    with torch.autocast("cpu", torch.float16):
        scores = scaled_scores(q, k)
        assert bool(Add(value=-1e9).weights(scores, nothing).isnan().all())
        with pytest.raises(RuntimeError, match="cannot be converted"):
            Replace(value=-1e9).weights(scores, nothing)


def test_measuring_draws_nothing_from_the_global_random_state() -> None:
    before = torch.get_rng_state()
    table({"fused": option("mask_fill", "fused")})
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_comes_to_the_same_verdicts(seed: int) -> None:
    found = table(option("probe", "fills").keywords["fills"], seed)
    assert [r["verdict"] for r in found] == [r["verdict"] for r in rows().values()]


def test_the_committed_table_is_what_the_fills_do_today() -> None:
    hold(COMMITTED, rows().values(), atol=0.005)
