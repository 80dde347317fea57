"""The rate at which this machine multiplies matrices: what a model's speed is a share of."""

import time
from collections.abc import Callable

import torch

from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Work
from whynorm.model.linear import onednn

Product = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]

NAME = "matrix products"
SQUARE = 2048


class MatrixProducts:
    """Multiplies matrices, a square pair and those of the model's own shapes, by MKL and oneDNN.

    A round is the fastest of them all; its units are floating-point operations.
    """

    def __init__(self, sizes: Sizes, *, tokens: int, repeats: int = 3) -> None:
        self.shapes = shapes(sizes, tokens)
        self.repeats = repeats

    def prepare(self) -> None:
        """Draw the matrices."""
        self.pairs = [(torch.rand(m, k), torch.rand(k, n)) for m, k, n in self.shapes]

    def round(self, number: int) -> Work:
        """The best of all products."""
        products = (torch.mm, by_onednn) if torch.backends.mkldnn.is_available() else (torch.mm,)
        rounds = [(product, *pair) for pair in self.pairs for product in products] * self.repeats
        works = [timed(*one) for one in rounds]
        return max(works, key=lambda work: work.units / work.seconds)


def shapes(sizes: Sizes, tokens: int) -> list[tuple[int, int, int]]:
    """(m, k, n) of products of (m, k) and (k, n): a square, then the model's over some tokens."""
    d, d_ff = sizes.d_model, sizes.d_ff
    own = [(d, 3 * d), (d, d), (d, d_ff), (d_ff, d), (d, sizes.vocabulary)]
    return [(SQUARE, SQUARE, SQUARE), *((tokens, k, n) for k, n in own)]


def by_onednn(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """The product by the kernels that the model's own layers use."""
    return onednn(left, right.T)


def timed(product: Product, left: torch.Tensor, right: torch.Tensor) -> Work:
    """One product."""
    begun = time.perf_counter()
    product(left, right)
    seconds = time.perf_counter() - begun
    return Work(2.0 * left.shape[0] * left.shape[1] * right.shape[1], seconds)
