"""What each fill does to one query's weights, outputs and gradients, in each precision."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.masks.fill import Fill, scaled_scores
from whynorm.probes.subject import Row, Subject
from whynorm.results import fills as figure

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
SEES = {"sees some keys": False, "sees nothing": True}
# Batch, head, time, feature of the example, and the query of it that is examined: it stands in
# the middle, so that keys are hidden before it, at it and after it.
SIZE = (4, 4, 6, 8)
QUERY = 2

# So many units in the last place of 1 may an output lie beside the reference's.
ROUNDINGS = 16

# What the columns hold where a fill raises an error, in their order.
UNMEASURED: Row = {
    "raises": "",
    "hidden weight": math.nan,
    "future weight": math.nan,
    "row sum": math.nan,
    "from uniform": math.nan,
    "from unmasked": math.nan,
    "output error": math.nan,
    "as reference": "",
    "depends on hidden keys": "",
    "NaN gradients": "",
    "NaN gradients if left out": "",
}


class Example(NamedTuple):
    """Queries, keys and values, and what may be seen: the past, and no padding (the last key)."""

    q: Float[Tensor, "batch head time feature"]
    k: Float[Tensor, "batch head time feature"]
    v: Float[Tensor, "batch head time feature"]
    visible: Bool[Tensor, "1 1 time time"]

    @property
    def row(self) -> Bool[Tensor, " time"]:
        """What the examined query may see."""
        return self.visible[0, 0, QUERY]

    @property
    def scores(self) -> Float[Tensor, "batch head time time"]:
        """The scaled scores of all queries, in the example's own precision."""
        return scaled_scores(self.q, self.k).detach()


def fills(subject: Subject, folder: Path, *, fills: Mapping[str, Fill], seed: int = 0) -> list[Row]:
    """A row for each fill, precision and kind of query; draws them as `fills.svg` and `.png`.

    No model is asked for: what a fill does is a matter of the fill alone.
    """
    rows = table(fills, seed)
    figure.draw(rows, folder / "figure")
    return rows


def table(fills: Mapping[str, Fill], seed: int = 0) -> list[Row]:
    """The rows, without a picture."""
    return [
        {
            "fill": name,
            "dtype": dtype,
            "row": sees,
            **judged(tried(fill, example(dtype, sees, seed))),
        }
        for name, fill in fills.items()
        for dtype in DTYPES
        for sees in SEES
    ]


def judged(measured: Row) -> Row:
    """What was measured, with how grave it is and in a few words what it is before it."""
    severity, verdict = figure.judgement(measured)
    return {"severity": severity, "verdict": verdict, **measured}


def example(dtype: str, sees: str, seed: int) -> Example:
    """Standard normal queries, keys and values; the examined query sees its past, or nothing."""
    randomness = torch.Generator().manual_seed(seed)
    drawn = (torch.randn(SIZE, generator=randomness).to(DTYPES[dtype]) for _ in range(3))
    q, k, v = (part.requires_grad_() for part in drawn)
    visible = torch.ones(SIZE[2], SIZE[2], dtype=torch.bool).tril()
    visible[:, -1] = False
    visible[QUERY] &= not SEES[sees]
    return Example(q, k, v, visible[None, None])


def tried(fill: Fill, given: Example) -> Row:
    """What was measured of a fill, or the error that it raised."""
    try:
        weights = fill.weights(given.scores, given.visible)[:, :, QUERY]
        return {**UNMEASURED, **of_weights(weights, given), **of_attending(fill, weights, given)}
    except (RuntimeError, ValueError) as error:
        return {**UNMEASURED, "raises": f"{type(error).__name__}: {str(error).splitlines()[0]}"}


def of_weights(weights: Float[Tensor, "batch head key"], given: Example) -> Row:
    """The columns that the examined query's weights fill."""
    hidden = weights.double() * ~given.row
    return {
        "hidden weight": rounded(hidden.sum(-1).max()),
        "future weight": rounded(hidden[..., QUERY + 1 :].sum(-1).max()),
        "row sum": rounded(weights.double().sum(-1).mean()),
        "from uniform": rounded(distance(weights, torch.full(weights.shape, 1 / SIZE[2]))),
        "from unmasked": rounded(distance(weights, given.scores[:, :, QUERY].float().softmax(-1))),
    }


def of_attending(fill: Fill, weights: Float[Tensor, "batch head key"], given: Example) -> Row:
    """The columns that the output fills, and what flows back from a loss on it."""
    output = fill.attend(*given)
    edited = fill.attend(*with_other_hidden_keys(given))
    one, two = (every[:, :, QUERY].detach() for every in (output, edited))
    others = [time for time in range(SIZE[2]) if time != QUERY]
    right = (reference(given).unsqueeze(-2) @ given.v.detach().float()).squeeze(-2)
    error, same = distance(one, right), torch.equal(one.nan_to_num(), two.nan_to_num())
    return {
        "output error": rounded(error),
        "as reference": likeness(weights, float(error), given),
        "depends on hidden keys": "no" if same else "yes",
        "NaN gradients": nan_gradients(output, [QUERY], given),
        "NaN gradients if left out": nan_gradients(output, others, given),
    }


def with_other_hidden_keys(given: Example) -> Example:
    """The example with other keys and values where the examined query may not see."""
    keep = given.row[:, None]
    return given._replace(k=given.k.where(keep, -given.k), v=given.v.where(keep, -given.v))


def nan_gradients(output: Tensor, queries: Sequence[int], given: Example) -> str:
    """Which of q, k and v have NaN in the gradient of a loss over these queries."""
    loss = output[:, :, queries].square().sum()
    gradients = torch.autograd.grad(loss, given[:3], retain_graph=True)
    return " ".join(
        name for name, found in zip("qkv", gradients, strict=True) if found.isnan().any()
    )


def reference(given: Example) -> Float[Tensor, "batch head key"]:
    """What the weights should be: float32's softmax with -inf; all 0 where nothing may be seen."""
    scores = given.scores[:, :, QUERY].float().masked_fill(~given.row, -torch.inf)
    return scores.softmax(-1) if given.row.any() else torch.zeros_like(scores)


def likeness(weights: Float[Tensor, "batch head key"], error: float, given: Example) -> str:
    """How the weights, and the output by its error, compare with the reference's."""
    precision = torch.finfo(weights.dtype).eps
    if not (error <= ROUNDINGS * precision and distance(weights, reference(given)) <= precision):
        return "no"
    return "bit for bit" if torch.equal(weights.float(), reference(given)) else "within precision"


def distance(one: Float[Tensor, "*any"], two: Float[Tensor, "*any"]) -> Float[Tensor, ""]:
    """The largest difference between two numbers at the same place."""
    return (one.float() - two.float()).abs().max()


def rounded(number: Tensor) -> float:
    """A number to three digits, so that the last bits of other processors do not show."""
    return float(f"{float(number):.3g}")
