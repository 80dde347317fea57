"""Every normaliser variant, with the truth table of who may influence whom."""

import csv
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.options import CONF, option
from whynorm.norms.norm import Norm

D_MODEL = 8
TRUTH = CONF.parent / "experiments" / "dependency" / "truth.csv"
INFLUENCES = ("future", "padding", "others")


@dataclass(frozen=True)
class Variant:
    """One row of the truth table: what a real token's output depends on, training/evaluating.

    That is on later tokens of its sentence, on padding, and on other sentences.
    """

    option: str
    overrides: tuple[str, ...]
    training: tuple[bool, bool, bool]
    evaluating: tuple[bool, bool, bool]

    def build(self, d_model: int = D_MODEL) -> Norm:
        """The norm itself, its affine map and memory off their defaults, nine updates on."""
        norm = option("norm", self.option, *self.overrides)(d_model).double()
        for index, (_, value) in enumerate([*norm.named_parameters(), *norm.named_buffers()]):
            ramp = 0.5 + 0.1 * index + 0.05 * torch.arange(d_model)
            counter = not value.dtype.is_floating_point
            value.data.copy_(ramp if value.ndim else torch.tensor(9) if counter else ramp[0])
        return norm

    @property
    def exact(self) -> bool:
        """Whether its gradient is the derivative of its output, not an approximation."""
        corrected = self.option in ("batch_renorm", "power", "unified") and self.overrides
        return self.option != "ada" and not corrected

    def __str__(self) -> str:
        return "-".join((self.option, *(o.removeprefix("norm.") for o in self.overrides)))


def truth() -> list[Variant]:
    """The rows of the table, which documents and figures are made from too."""
    with TRUTH.open(encoding="utf-8", newline="") as lines:
        return [variant(row) for row in csv.DictReader(lines)]


def variant(row: dict[str, str]) -> Variant:
    """One row as a variant; the first word chooses the option, the others change it."""
    first, *others = row["norm"].split()
    answers = [
        (row[f"{mode} future"], row[f"{mode} padding"], row[f"{mode} others"])
        for mode in ("training", "evaluating")
    ]
    training, evaluating = (tuple(answer == "yes" for answer in three) for three in answers)
    return Variant(first.removeprefix("norm="), tuple(others), training, evaluating)  # pyright: ignore[reportArgumentType]


VARIANTS = truth()


def example(batch: int = 3, time: int = 5) -> tuple[Tensor, Tensor]:
    """Random numbers and right padding: sentences of `time`, `time` - 1, … real tokens."""
    x = torch.randn(batch, time, D_MODEL, dtype=torch.float64) * 2 + 1
    real = torch.arange(time) < torch.arange(time, time - batch, -1)[:, None]
    return x, real
