"""Every normaliser variant, with the truth table of who may influence whom."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tests.options import option
from whynorm.norms.norm import Norm

D_MODEL = 8


@dataclass(frozen=True)
class Variant:
    """One row of the truth table: what a real token's output depends on, training/evaluating."""

    option: str
    overrides: tuple[str, ...]
    training: tuple[bool, bool, bool]
    evaluating: tuple[bool, bool, bool]

    def build(self, d_model: int = D_MODEL) -> Norm:
        """The norm itself, its affine map and running statistics off their defaults."""
        norm = option("norm", self.option, *self.overrides)(d_model).double()
        for index, (_, value) in enumerate([*norm.named_parameters(), *norm.named_buffers()]):
            ramp = 0.5 + 0.1 * index + 0.05 * torch.arange(d_model)
            value.data.copy_(ramp if value.ndim else ramp[0])
        return norm

    def __str__(self) -> str:
        return "-".join((self.option, *(o.removeprefix("norm.") for o in self.overrides)))


NOTHING = (False, False, False)
# (later tokens of its sentence, padding, other sentences)
VARIANTS = [
    Variant("layer", (), NOTHING, NOTHING),
    Variant("rms", (), NOTHING, NOTHING),
    Variant("scale", (), NOTHING, NOTHING),
    Variant("dyt", (), NOTHING, NOTHING),
    Variant("derf", (), NOTHING, NOTHING),
    Variant("ada", (), NOTHING, NOTHING),
    Variant("seednorm", (), NOTHING, NOTHING),
    Variant("none", (), NOTHING, NOTHING),
    Variant("none", ("norm.weight=true", "norm.bias=true"), NOTHING, NOTHING),
    Variant("group", (), NOTHING, NOTHING),
    Variant("group", ("norm.over_time=true",), (True, False, False), (True, False, False)),
    Variant(
        "group",
        ("norm.over_time=true", "norm.count_padding=true"),
        (True, True, False),
        (True, True, False),
    ),
    Variant("instance", (), (True, False, False), (True, False, False)),
    Variant("instance", ("norm.count_padding=true",), (True, True, False), (True, True, False)),
    Variant("batch", (), (True, False, True), NOTHING),
    Variant("batch", ("norm.count_padding=true",), (True, True, True), NOTHING),
    Variant("minmax", (), NOTHING, NOTHING),
    Variant("minmax", ("norm.centred=true",), NOTHING, NOTHING),
    Variant("minmax", ("norm.over=tokens",), (True, False, True), NOTHING),
    Variant("minmax", ("norm.over=tokens", "norm.count_padding=true"), (True, True, True), NOTHING),
    Variant("standardize", (), NOTHING, NOTHING),
    Variant("standardize", ("norm.over=time",), (True, False, False), (True, False, False)),
    Variant("standardize", ("norm.over=tokens",), (True, False, True), NOTHING),
]


def example(batch: int = 3, time: int = 5) -> tuple[Tensor, Tensor]:
    """Random numbers and right padding: sentences of `time`, `time` - 1, … real tokens."""
    x = torch.randn(batch, time, D_MODEL, dtype=torch.float64) * 2 + 1
    real = torch.arange(time) < torch.arange(time, time - batch, -1)[:, None]
    return x, real
