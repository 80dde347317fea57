"""The z-score, without the learnt affine map: what the other norms are underneath."""

from typing import Literal

from whynorm.norms.batch import BatchNorm
from whynorm.norms.instance import InstanceNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm


def standardize(
    d_model: int,
    *,
    over: Literal["feature", "time", "tokens"] = "feature",
    count_padding: bool = False,
    sync: bool = True,
    eps: float = 1e-5,
) -> Norm:
    """(x - mean) / sqrt(variance + eps) over the chosen axis, with neither weight nor bias.

    Over the features of a token it is LayerNorm, over the time steps of a sentence InstanceNorm,
    over the tokens of a batch (`sync`: of all ranks) BatchNorm, each without its affine map.
    """
    if over == "feature":
        return LayerNorm(d_model, eps=eps, weight=False, bias=False)
    if over == "time":
        return InstanceNorm(d_model, eps=eps, count_padding=count_padding, weight=False, bias=False)
    if over == "tokens":
        plain = {"weight": False, "bias": False}
        return BatchNorm(d_model, eps=eps, count_padding=count_padding, sync=sync, **plain)
    raise ValueError(f"norm.over={over} is not one of feature, time, tokens")
