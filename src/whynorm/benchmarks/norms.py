"""Every norm forward and backward by turns, beside torch's LayerNorm."""

from collections.abc import Callable, Sequence
from time import perf_counter

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from whynorm.benchmarks.contest import Outcome, Row
from whynorm.benchmarks.given import Given
from whynorm.benchmarks.record import Cell, Finding, lines
from whynorm.benchmarks.summary import Standing, standings

TORCH = "torch.nn.LayerNorm"
NOTE = (
    "Milliseconds of a forward and a backward pass in single precision, as the median over the "
    "rounds; how often the time of torch.nn.LayerNorm in the same round that is, as the median "
    "of the rounds' own ratios, with the smallest and the largest. All by turns in one process."
)
Pass = Callable[[], None]


def norms(
    given: Given,
    *,
    rounds: int = 7,
    passes: int = 8,
    threads: int = 2,
    batch: int = 128,
    time: int = 32,
    d_model: int = 512,
    padding: float = 0.3,
    also: Sequence[str] = (),
) -> list[Finding]:
    """Every option of conf/norm, and those that `also` asks for as a command line would.

    About a share of `padding` of the positions is padding, on the right.
    """
    torch.manual_seed(given.seed)
    real = padded(batch, time, padding)
    words = [*(f"norm={name}" for name in given.norms), *also]
    every = {TORCH: Own(nn.LayerNorm(d_model))} | {
        one.removeprefix("norm="): given.norm(one)(d_model) for one in words
    }
    x = torch.randn(batch, time, d_model)
    runs = {name: forward_and_backward(norm, x, real) for name, norm in every.items()}
    outcome = by_turns(runs, rounds=rounds, passes=passes, threads=threads)
    facts = {"threads": threads, "shape": [batch, time, d_model], "padding": share(real)}
    name = "norms/forward_backward" + ("_one_thread" if threads == 1 else "")
    rows = lines(outcome, unit="passes", units={})
    table = [line(one) for one in standings(outcome, baseline=TORCH)]
    return [Finding(name, rows, table, NOTE, facts, ("torch",))]


class Own(nn.Module):
    """A module of torch, called as our norms are."""

    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Tensor, real: Tensor) -> Tensor:
        """The norm of x."""
        return self.norm(x)


def padded(batch: int, time: int, padding: float) -> Bool[Tensor, "batch time"]:
    """Sentences whose lengths are spread evenly, so that this share of positions is padding."""
    shortest = max(1, round(time * (1 - 2 * padding)))
    lengths = torch.linspace(shortest, time, batch).round()
    return torch.arange(time) < lengths[torch.randperm(batch), None]


def share(real: Bool[Tensor, "batch time"]) -> float:
    """The share of positions that are padding."""
    return round(1 - float(real.float().mean()), 3)


def forward_and_backward(norm: nn.Module, x: Tensor, real: Tensor) -> Pass:
    """A pass through the norm and back, with gradients that are not kept."""
    x = x.clone().requires_grad_()
    arriving = torch.randn_like(x)
    inputs = [x, *norm.parameters()]

    def run() -> None:
        y = norm(x, real)
        if y.requires_grad:
            torch.autograd.grad(y, inputs, arriving, allow_unused=True)

    return run


def by_turns(runs: dict[str, Pass], *, rounds: int, passes: int, threads: int) -> Outcome:
    """The rounds of all, A B C A B C …, after one that is not counted."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    rows: list[Row] = []
    try:
        for number in range(rounds + 1):
            for name, run in runs.items():
                seconds = timed(run, passes)
                rows.append(Row(name, number, passes, seconds, passes / seconds, 0))
    finally:
        torch.set_num_threads(before)
    return Outcome([row for row in rows if row.round], {}, {})


def timed(run: Pass, passes: int) -> float:
    """The seconds of so many passes."""
    begun = perf_counter()
    for _ in range(passes):
        run()
    return perf_counter() - begun


def line(one: Standing) -> dict[str, Cell]:
    """A norm's row of the table: its time, and over torch's."""
    assert one.rate and one.ratio and one.smallest_ratio and one.largest_ratio
    low, high = 1 / one.largest_ratio, 1 / one.smallest_ratio
    over = f"{1 / one.ratio:.2f} ({low:.2f} to {high:.2f})"
    return {"norm": one.contender, "ms": 1000 / one.rate, f"time over {TORCH}": over}
