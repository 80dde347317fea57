"""Norms that, when evaluating, are one multiplication and one addition a feature."""

from copy import deepcopy
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from whynorm.norms.norm import Norm

# Inputs from tiny to huge, so that what only looks straight nearby is found out.
MAGNITUDES = (1e-3, 1.0, 10.0, 1e3)
TOLERANCE = 1e-9


class Affine(NamedTuple):
    """scale * x + shift, each a number a feature, in double precision."""

    scale: Float[Tensor, " feature"]
    shift: Float[Tensor, " feature"]

    def of(self, inner: "Affine") -> "Affine":
        """This map after another one."""
        return Affine(self.scale * inner.scale, self.scale * inner.shift + self.shift)

    @property
    def changes(self) -> bool:
        """True unless it returns what it is given."""
        return bool((self.scale != 1).any() or (self.shift != 0).any())


def identity(d_model: int) -> Affine:
    """The map that changes nothing."""
    return Affine(torch.ones(d_model).double(), torch.zeros(d_model).double())


@torch.no_grad()
def affine(norm: Norm) -> Affine:
    """What the norm does to each feature when evaluating.

    Asked of the live norm, whatever its name: two inputs tell scale and shift, and others, beside
    padding too, have to obey them. Raises ValueError where they do not.
    """
    exact, d_model = deepcopy(norm).double().eval(), norm.d_model
    real = torch.arange(5) < torch.tensor([[5], [3]])
    at = torch.stack([torch.zeros(2, 5, d_model), torch.ones(2, 5, d_model)]).double()
    zero, one = (exact(x, real)[0, 0] for x in at)
    found = Affine(one - zero, zero)
    drawn = torch.randn(2, 5, d_model, generator=torch.Generator().manual_seed(1)).double()
    for magnitude in MAGNITUDES:
        x = drawn * magnitude
        expected = found.scale * x + found.shift
        if not torch.allclose(exact(x, real), expected, rtol=TOLERANCE, atol=TOLERANCE):
            raise ValueError(f"{type(norm).__name__} is no affine map of each feature")
    return found


def is_affine(norm: Norm) -> bool:
    """True if `affine` finds a map."""
    try:
        affine(norm)
    except ValueError:
        return False
    return True
