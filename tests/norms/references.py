"""Norms with a memory, written out from their papers in numpy, forward and backward.

Each is stepped with x (token, feature) of the real tokens and g, the gradient of the output;
weights are `w`. A step returns the output and the gradient of x.
"""

import numpy
from numpy.typing import NDArray

Array = NDArray[numpy.float64]
EPS = 1e-5


def through_moments(x: Array, g: Array, mean: Array, std: Array) -> Array:
    """Gradient of x where the output is (x - mean) / std with the batch's own moments."""
    z = (x - mean) / std
    return (g - g.mean(0) - z * (g * z).mean(0)) / std


class BatchRenorm:
    """Ioffe 2017, algorithm 1 and §4: limits that grow."""

    def __init__(self, w: Array, *, warmup: int, r_last: int, d_last: int) -> None:
        self.w, self.warmup, self.r_last, self.d_last = w, warmup, r_last, d_last
        self.mean, self.std, self.number = numpy.zeros_like(w), numpy.ones_like(w), 0

    def limit(self, last: int) -> float:
        share = (self.number - self.warmup) / (last - self.warmup)
        return min(max(share, 0.0), 1.0)

    def step(self, x: Array, g: Array) -> tuple[Array, Array]:
        self.number += 1
        r_max, d_max = 1 + 2 * self.limit(self.r_last), 5 * self.limit(self.d_last)
        mean, std = x.mean(0), numpy.sqrt(x.var(0) + EPS)
        r = numpy.clip(std / self.std, 1 / r_max, r_max)
        d = numpy.clip((mean - self.mean) / self.std, -d_max, d_max)
        self.mean, self.std = self.mean * 0.99 + mean * 0.01, self.std * 0.99 + std * 0.01
        return self.w * ((x - mean) / std * r + d), through_moments(x, g * self.w * r, mean, std)


class RegularizedBatch:
    """Wang 2022: the loss has a (running mean - mean)² + b (running var - var)², or b |…|."""

    def __init__(self, w: Array, *, a: float, b: float, absolute: bool) -> None:
        self.w, self.a, self.b, self.absolute = w, a, b, absolute
        self.mean, self.var = numpy.zeros_like(w), numpy.ones_like(w)

    def step(self, x: Array, g: Array) -> tuple[Array, Array]:
        n, mean, var = len(x), x.mean(0), x.var(0)
        off = var - self.var
        self.penalty = self.a * ((mean - self.mean) ** 2).sum()
        self.penalty += self.b * (abs(off) if self.absolute else off**2).sum()
        slope = self.b * (numpy.sign(off) if self.absolute else 2 * off)
        pull = 2 * self.a * (mean - self.mean) / n + slope * 2 * (x - mean) / n
        dx = through_moments(x, g * self.w, mean, numpy.sqrt(var + EPS)) + pull
        self.mean = 0.9 * self.mean + 0.1 * mean
        self.var = 0.9 * self.var + 0.1 * x.var(0, ddof=1)
        return self.w * (x - mean) / numpy.sqrt(var + EPS), dx


class Power:
    """Shen 2020, algorithm 2, after `warmup` batches of PN-V; or the public code's way."""

    def __init__(self, w: Array, *, warmup: int, as_published: bool = False) -> None:
        self.w, self.warmup, self.as_published = w, warmup, as_published
        self.phi, self.nu, self.number = numpy.ones_like(w), numpy.zeros_like(w), 0

    def step(self, x: Array, g: Array) -> tuple[Array, Array]:
        self.number += 1
        warm, batch = self.number <= self.warmup, (x**2).mean(0)
        used = numpy.sqrt((batch if warm else self.phi) + EPS)
        z, gz = x / used, g * self.w
        exact = warm and not self.as_published
        divisor = numpy.sqrt(batch + EPS) if self.as_published else used
        dx = (gz - z * ((gz * z).mean(0) if exact else self.nu)) / divisor
        self.nu = self.nu * (1 - 0.1 * (z * z).mean(0)) + 0.1 * (gz * z).mean(0)
        if warm and self.as_published:
            self.phi = self.phi * (self.number - 1) / self.number + batch / self.number
        self.phi = 0.9 * self.phi + 0.1 * batch
        return self.w * z, dx


class Unified:
    """Yang 2022, eq. 9 to 14: window of 4, outliers by the roots recorded before the batch."""

    def __init__(self, w: Array, *, warmup: int, outliers: bool = False) -> None:
        self.w, self.warmup, self.outliers, self.number = w, warmup, outliers, 0
        self.squares, self.gradients = [numpy.ones_like(w)] * 4, [numpy.zeros_like(w)] * 4
        self.phi, self.psi, self.skips = numpy.ones_like(w), numpy.zeros_like(w), 0

    def step(self, x: Array, g: Array) -> tuple[Array, Array]:
        self.number += 1
        slot, batch = self.number % 4, (x**2).mean(0)
        recorded = numpy.sqrt(self.squares).var(ddof=1)
        self.squares[slot] = batch
        geometric = numpy.prod(self.squares, axis=0) ** (1 / 4)
        surplus = numpy.mean(self.squares, axis=0) - geometric
        skip = self.outliers and self.number >= self.warmup and (surplus > 4 * recorded).any()
        self.skips += skip
        alone = skip or self.number <= max(4, self.warmup)
        s = batch if alone else geometric
        if skip:
            self.squares[slot] = self.phi
        self.phi = 0.9 * self.phi + 0.1 * s
        z, gz = x / numpy.sqrt(s + EPS), g * self.w
        newest = (gz * z).mean(0)
        self.gradients[slot] = self.psi if skip else newest
        smooth = newest if alone else numpy.mean(self.gradients, axis=0)
        self.psi = 0.9 * self.psi + 0.1 * smooth
        return self.w * z, (gz - z * (newest if alone else self.psi)) / numpy.sqrt(s + EPS)
