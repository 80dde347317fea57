"""Norms with a memory, written out from their papers in numpy, forward and backward.

Each is stepped with x (token, feature) and g, the gradient of the output, of all tokens, and with
which of them are real; weights are `w`. A step returns the output and the gradient of x.
"""

import numpy
from numpy.typing import NDArray

Array = NDArray[numpy.float64]
Real = NDArray[numpy.bool_]
EPS = 1e-5


def through_moments(x: Array, g: Array, real: Real) -> Array:
    """Gradient of x where every token becomes (x - mean) / std by the real ones' own moments."""
    n, mean, std = real.sum(), x[real].mean(0), numpy.sqrt(x[real].var(0) + EPS)
    z = (x - mean) / std
    return (g - real[:, None] * (g.sum(0) / n + z * (g * z).sum(0) / n)) / std


class BatchRenorm:
    """Ioffe 2017, algorithm 1 and §4: limits that grow."""

    def __init__(self, w: Array, *, warmup: int, r_last: int, d_last: int) -> None:
        self.w, self.warmup, self.r_last, self.d_last = w, warmup, r_last, d_last
        self.mean, self.std, self.number = numpy.zeros_like(w), numpy.ones_like(w), 0

    def limit(self, last: int) -> float:
        share = (self.number - self.warmup) / (last - self.warmup)
        return min(max(share, 0.0), 1.0)

    def step(self, x: Array, g: Array, real: Real) -> tuple[Array, Array]:
        self.number += 1
        r_max, d_max = 1 + 2 * self.limit(self.r_last), 5 * self.limit(self.d_last)
        mean, std = x[real].mean(0), numpy.sqrt(x[real].var(0) + EPS)
        r = numpy.clip(std / self.std, 1 / r_max, r_max)
        d = numpy.clip((mean - self.mean) / self.std, -d_max, d_max)
        self.mean = self.mean * 0.95 + mean * 0.05
        self.std = self.std * 0.95 + std * 0.05 if real.sum() > 1 else self.std
        return self.w * ((x - mean) / std * r + d), through_moments(x, g * self.w * r, real)


class RegularizedBatch:
    """Wang 2022: the loss has a (running mean - mean)² + b (running var - var)², or b |…|."""

    def __init__(self, w: Array, *, a: float, b: float, absolute: bool) -> None:
        self.w, self.a, self.b, self.absolute = w, a, b, absolute
        self.mean, self.var = numpy.zeros_like(w), numpy.ones_like(w)

    def step(self, x: Array, g: Array, real: Real) -> tuple[Array, Array]:
        n, mean = real.sum(), x[real].mean(0)
        var = x[real].var(0, ddof=1) if n > 1 else self.var
        off = var - self.var
        self.penalty = self.a * ((mean - self.mean) ** 2).sum()
        self.penalty += self.b * (abs(off) if self.absolute else off**2).sum()
        slope = self.b * (numpy.sign(off) if self.absolute else 2 * off)
        pull = 2 * self.a * (mean - self.mean) / n + slope * 2 * (x - mean) / max(n - 1, 1)
        dx = through_moments(x, g * self.w, real) + pull * real[:, None]
        self.mean, self.var = 0.9 * self.mean + 0.1 * mean, 0.9 * self.var + 0.1 * var
        return self.w * (x - mean) / numpy.sqrt(x[real].var(0) + EPS), dx


class Power:
    """Shen 2020, algorithm 2, after `warmup` batches of PN-V; or the public code's way."""

    def __init__(self, w: Array, *, warmup: int, as_published: bool = False) -> None:
        self.w, self.warmup, self.as_published = w, warmup, as_published
        self.phi, self.nu, self.number = numpy.ones_like(w), numpy.zeros_like(w), 0

    def step(self, x: Array, g: Array, real: Real) -> tuple[Array, Array]:
        self.number += 1
        warm, batch = self.number <= self.warmup, (x[real] ** 2).mean(0)
        used = numpy.sqrt((batch if warm else self.phi) + EPS)
        z, gz = x / used, g * self.w
        kept = numpy.ones_like(real) if self.as_published else real
        newest, gamma = (gz * z).sum(0) / kept.sum(), (z[kept] ** 2).mean(0)
        exact = warm and not self.as_published
        divisor = numpy.sqrt(batch + EPS) if self.as_published else used
        dx = (gz - kept[:, None] * z * (newest if exact else self.nu)) / divisor
        self.nu = self.nu * (1 - 0.1 * gamma) + 0.1 * newest
        if self.as_published and self.number < self.warmup:
            self.phi = self.phi * (self.number - 1) / self.number + batch / self.number
        self.phi = 0.9 * self.phi + 0.1 * batch
        return self.w * z, dx


class Unified:
    """Yang 2022, eq. 9 to 14: window of 4, outliers by the roots recorded before the batch."""

    def __init__(
        self, w: Array, *, warmup: int, outliers: bool = False, as_published: bool = False
    ) -> None:
        self.w, self.warmup, self.outliers, self.number = w, warmup, outliers, 0
        self.as_published = as_published
        self.squares, self.gradients = [numpy.ones_like(w)] * 4, [numpy.zeros_like(w)] * 4
        self.phi, self.psi, self.skips = numpy.ones_like(w), numpy.zeros_like(w), 0

    def step(self, x: Array, g: Array, real: Real) -> tuple[Array, Array]:
        self.number += 1
        slot, batch = self.number % 4, (x[real] ** 2).mean(0)
        recorded = numpy.sqrt(self.squares).var(ddof=1)
        self.squares[slot] = batch
        geometric = numpy.prod(self.squares, axis=0) ** (1 / 4)
        surplus = numpy.mean(self.squares, axis=0) - geometric
        skip = self.outliers and self.number >= self.warmup and (surplus > 4 * recorded).any()
        self.skips += skip
        early = self.number <= self.warmup - 1 if self.as_published else self.number <= self.warmup
        alone = skip or self.number <= 4 or early
        s = batch if alone else geometric
        if skip:
            self.squares[slot] = self.phi
        self.phi = 0.9 * self.phi + 0.1 * s
        z, gz = x / numpy.sqrt(s + EPS), g * self.w
        kept = numpy.ones_like(real) if self.as_published else real
        newest = (gz * z).sum(0) / kept.sum()
        self.gradients[slot] = self.psi if skip else newest
        smooth = newest if alone else numpy.mean(self.gradients, axis=0)
        self.psi = 0.9 * self.psi + 0.1 * smooth
        exact = skip if self.as_published else alone
        used = newest if exact else self.psi
        return self.w * z, (gz - kept[:, None] * z * used) / numpy.sqrt(s + EPS)
