"""The invariance card of a norm: what it sees, where it breaks, what it keeps, what it costs."""

from copy import deepcopy
from itertools import chain
from pathlib import Path
from statistics import median
from time import process_time
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.probes.dependency import FAR, LEAST, MODES, By, fresh, kinds, moved
from whynorm.probes.subject import MakeNorm, Row, Subject
from whynorm.results.cards import QUESTIONS, card_page, disagreement, formula, word

LENGTHS = (5, 4, 2)
TOKEN = (1, 1)
# The truth table's question, and a gradient's, which is compared with edits as small as it means.
ASKED: tuple[tuple[By, float], ...] = (("editing", FAR), ("editing", 1e-3), ("gradient", 0.0))
HALVES = (torch.bfloat16, torch.float16)


class Influences(NamedTuple):
    """What a real token's output depends on besides its own past: half a row of the truth table."""

    future: bool
    padding: bool
    others: bool


class Card(NamedTuple):
    """The answers about one norm, in the order of `QUESTIONS`, which says what was asked."""

    training: Influences
    evaluating: Influences
    by_gradient: str
    same_evaluating: str
    one_token: str
    one_sentence: str
    nothing_real: str
    cache: bool
    half: list[str]  # bfloat16, then float16, each at ordinary and at large inputs
    keeps: str
    learns: str
    parameters: str
    cost: str

    def answers(self) -> dict[str, str]:
        """The answers in words, by the names of their columns."""
        flat = chain.from_iterable(x if isinstance(x, tuple | list) else [x] for x in self)
        words = (word(answer) if isinstance(answer, bool) else answer for answer in flat)
        return dict(zip(QUESTIONS, words, strict=True))


def measure(make: MakeNorm, *, d_model: int = 8, cost: bool = True, width: int = 256) -> Card:
    """The card of a norm of width `d_model`; its time is taken, if at all, at width `width`."""
    single = stirred(make(d_model))
    norm = used(deepcopy(single).double())
    far, near, slope = (
        [influences(norm.train(mode), by, size) for mode in MODES.values()] for by, size in ASKED
    )
    return Card(
        *far,
        by_gradient=disagreement({"small edits": near, "gradient": slope}),
        same_evaluating=agreement(norm),
        one_token=works(norm, (1,)),
        one_sentence=works(norm, (4,)),
        nothing_real=works(norm, (0, 0)),
        cache=cache_safe(norm),
        half=[error(single, dtype, size) for dtype in HALVES for size in (1.0, 1e3)],
        keeps=", ".join(dict(norm.named_buffers())) or "nothing",
        learns=", ".join(dict(norm.named_parameters())) or "nothing",
        parameters=formula(learnt(norm), learnt(make(2 * d_model)), d_model),
        cost=f"{relative_time(make(width)):.1f}" if cost else "",
    )


def learnt(norm: Norm) -> int:
    """How many numbers it learns."""
    return sum(weight.numel() for weight in norm.parameters())


def stirred(norm: Norm) -> Norm:
    """The norm, its weights moved off the constants that they start with."""
    for weight in norm.parameters():
        weight.data += torch.linspace(0.1, 0.5, weight.numel()).view_as(weight)
    return norm


def used(norm: Norm) -> Norm:
    """The norm after some batches of training: what it remembers is off its first values too."""
    for seed in range(1, 4):
        x, real = example(LENGTHS, norm.d_model, seed=seed)
        y = norm.train()(x.requires_grad_(), real)[real]
        (y * torch.linspace(1, 2, norm.d_model)).sum().backward()
    norm.zero_grad()
    return norm


def example(
    lengths: tuple[int, ...], d_model: int, *, seed: int = 0, longest: int = 5
) -> tuple[Float[Tensor, "batch time feature"], Bool[Tensor, "batch time"]]:
    """Random numbers in double precision, and which tokens are real."""
    draw = torch.Generator().manual_seed(seed)
    x = torch.randn(len(lengths), longest, d_model, dtype=torch.float64, generator=draw) * 2 + 1
    return x, torch.arange(longest) < torch.tensor(lengths)[:, None]


def influences(norm: Norm, by: By, far: float) -> Influences:
    """Which kinds of tokens move one real token's output, in the norm's own mode."""
    x, real = example(LENGTHS, norm.d_model)
    found = moved(lambda x: fresh(norm)(x, real)[TOKEN], x, 2, by=by, far=far) > LEAST
    places = kinds(real, TOKEN)
    return Influences(*(bool(found[places[name]].any()) for name in Influences._fields))


def agreement(norm: Norm) -> str:
    """Whether training and evaluating give one output: yes, no, or yes but it drifts with use."""
    x, real = example(LENGTHS, norm.d_model)
    early, late = (
        [fresh(state).train(mode)(x, real)[real] for mode in MODES.values()]
        for state in (norm, used(fresh(norm)))
    )
    if not (torch.allclose(*early) and torch.allclose(*late)):
        return "no"
    return "yes" if torch.allclose(early[1], late[1]) else "drifts"


def works(norm: Norm, lengths: tuple[int, ...]) -> str:
    """Whether a batch of so few real tokens stays finite and its first real token is not erased."""
    x, real = example(lengths, norm.d_model, longest=max(*lengths, 0) or 3)
    copy = fresh(norm).train()
    y = copy(x.requires_grad_(), real)
    [slope] = torch.autograd.grad(y.square().sum(), x, allow_unused=True, materialize_grads=True)
    if not all(number.isfinite().all() for number in (y, slope, *copy.buffers())):
        return "not finite"
    reach = moved(lambda x: fresh(copy)(x, real)[0, 0], x.detach(), 2, by="editing")
    return "erased" if real.any() and reach[0, 0] <= LEAST else "yes"


def cache_safe(norm: Norm) -> bool:
    """True if a token's output is that of the full sentence, from its prefix and by itself."""
    x, real = example((5,), norm.d_model)
    norm = fresh(norm).eval()
    full = norm(x, real)
    return all(
        torch.allclose(norm(x[:, start:stop], real[:, start:stop])[:, -1], full[:, stop - 1])
        for stop in range(1, x.shape[1] + 1)
        for start in (0, stop - 1)
    )


def error(norm: Norm, dtype: torch.dtype, size: float) -> str:
    """The largest error under autocast, relative to the largest exact number, in training."""
    x, real = example(LENGTHS, norm.d_model)
    x = (x * size).to(dtype).requires_grad_()
    with torch.autocast("cpu", dtype):
        y = fresh(norm).train()(x, real)
    [slope] = torch.autograd.grad(y.float().sum(), x, allow_unused=True, materialize_grads=True)
    exact = deepcopy(norm).double().train()(x.detach().double(), real)[real]
    relative = (y.double()[real] - exact).abs().max() / exact.abs().max().clamp(min=1e-30)
    finite = y[real].isfinite().all() and slope.isfinite().all()
    return f"{relative.item():.1g}" if finite else "not finite"


def relative_time(norm: Norm, *, repetitions: int = 15) -> float:
    """Median processor time of forward and backward over LayerNorm's, in turn, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    # Once a piece this large is freed, glibc keeps memory instead of asking the system for every
    # tensor, as in the course of a training; asking would take several times as long as the norm.
    torch.ones(31 * 2**18)
    layer = LayerNorm(norm.d_model)
    times = [(seconds(norm), seconds(layer)) for _ in range(repetitions + 2)]
    torch.set_num_threads(threads)
    mine, theirs = zip(*times[2:], strict=True)
    return median(mine) / median(theirs)


def seconds(norm: Norm) -> float:
    """The processor time of a forward and a backward pass over 64 sentences of up to 32 tokens."""
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(64, 32, norm.d_model, generator=draw, requires_grad=True)
    real = torch.arange(32) < torch.arange(64)[:, None] % 32 + 1
    start = process_time()
    norm(x, real).sum().backward()
    return process_time() - start


def card(subject: Subject, folder: Path, *, cost: bool = True) -> list[Row]:
    """The questions and answers about the norm, of encoder and decoder apart where they differ.

    They are saved as card.md too.
    """
    makers = {"answer": subject.norm}
    if subject.decoder_norm is not subject.norm:
        makers = {"encoder": subject.norm, "decoder": subject.decoder_norm}
    width = subject.d_model
    found = {
        name: measure(make, d_model=width, cost=cost, width=width).answers()
        for name, make in makers.items()
    }
    rows: list[Row] = [
        {"question": question, **{name: answers[key] for name, answers in found.items()}}
        for key, question in QUESTIONS.items()
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "card.md").write_text(card_page(subject.title, rows), encoding="utf-8")
    return rows
