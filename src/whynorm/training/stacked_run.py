"""Runs in threads that take turns, and whose updates are computed at once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Condition
from typing import Any

import torch
from torch import Tensor

from whynorm.data.batch import Batch
from whynorm.training.loss import TokenLoss
from whynorm.training.module import TranslationModule
from whynorm.training.stacked import Learnt, Lesson, Stacked
from whynorm.training.stacked_dropout import chance, set_chance
from whynorm.training.stacked_shapes import BEGINNING, BEGINNING_ELSEWHERE, companies, sizes_of
from whynorm.training.stacked_trial import trial

Losses = tuple[TokenLoss, int]
ByItself = Callable[[Batch], Losses]
Aside = Callable[[], AbstractContextManager[None]]


@dataclass(eq=False)
class Waiting:
    """A run with its batch, until its losses are known, or why there are none.

    `alone` is True where it is to compute them itself.
    """

    module: TranslationModule
    lesson: Lesson
    learnt: Learnt | None = None
    error: BaseException | None = None
    alone: bool = False

    @property
    def answered(self) -> bool:
        """True once it can go on."""
        return self.alone or self.learnt is not None or self.error is not None


class Meeting:
    """Where so many runs wait for each other at every batch, to learn from theirs at once.

    Each is in a thread of its own, and only one of them moves at any time. Each is a training as
    any, with its own Trainer, optimizer and checkpoints; only losses and gradients are computed
    here. A run that ends or diverges leaves, and the others go on. Runs that cannot be computed
    at once (`reason` says why, after the first batch), and one that is left over, compute for
    themselves. `aside` is around every wait, to keep apart what is global and belongs to a run.
    """

    def __init__(self, runs: int, aside: Aside = nullcontext) -> None:
        self.turn, self.present, self.aside = Condition(), runs, aside
        self.waiting: list[Waiting] = []
        self.dtype = torch.get_default_dtype()
        self.stacked: Stacked | None = None
        self.reason: str | None = None
        self.over = False

    @contextmanager
    def attended(self) -> Iterator[None]:
        """Be one of the runs, in this thread, from the first turn to the last."""
        with self.turn:
            MEETING.set(self)
            try:
                yield
            finally:
                self.present -= 1
                self.turn.notify_all()

    def join(self, module: TranslationModule) -> None:
        """Let the losses of this run's training be computed here."""
        by_itself = module.losses

        def losses(batch: Batch) -> Losses:
            return self.learn(module, batch, by_itself)

        module.losses = losses

    def learn(self, module: TranslationModule, batch: Batch, by_itself: ByItself) -> Losses:
        """The losses of a run on its batch, once all runs have come with theirs."""
        if self.reason is not None:
            return by_itself(batch)
        lesson = Lesson(module.model, batch, chance(batch.source.device))
        waiting = Waiting(module, lesson)
        self.meet(waiting)
        if waiting.error is not None:
            raise waiting.error
        if waiting.learnt is None:
            set_chance(batch.source.device, lesson.chance)
            return by_itself(batch)
        return handed(module, waiting.learnt)

    def meet(self, newest: Waiting) -> None:
        """Wait until it is answered; the last to come answers all."""
        self.waiting.append(newest)
        with self.aside(), default_dtype(self.dtype):
            self.turn.wait_for(lambda: newest.answered or self.complete or self.over)
        if self.over:
            raise SystemExit("interrupted")
        if not newest.answered:
            present, self.waiting = self.waiting, []
            self.answer(present)
            self.turn.notify_all()

    @property
    def complete(self) -> bool:
        """True when no run is missing."""
        return len(self.waiting) == self.present

    def answer(self, present: list[Waiting]) -> None:
        """Compute what these need, or say that they do it themselves."""
        try:
            if self.stacked is None and len(present) > 1:
                self.begin(present)
            for company in self.companies(present):
                if self.stacked is None or len(company) == 1:
                    for one in company:
                        one.alone = True
                    continue
                learnt = self.stacked.learn([one.lesson for one in company])
                for one, result in zip(company, learnt, strict=True):
                    one.learnt = result
        except BaseException as error:  # or the others would wait for ever
            for one in present:
                one.error = error

    def companies(self, present: list[Waiting]) -> list[list[Waiting]]:
        """These, parted into groups that are cheap to compute at once."""
        batches = [one.lesson.batch for one in present]
        beginning = BEGINNING.get(batches[0].source.device.type, BEGINNING_ELSEWHERE)
        groups = companies([sizes_of(batch) for batch in batches], beginning)
        return [[present[number] for number in group] for group in groups]

    def begin(self, present: list[Waiting]) -> None:
        """Find out whether these can be computed at once."""
        modules, lessons = [one.module for one in present], [one.lesson for one in present]
        self.reason = trial(modules, lessons)
        if self.reason is None:
            self.stacked = Stacked(modules[0])


@contextmanager
def default_dtype(dtype: torch.dtype) -> Iterator[None]:
    """Put the default type of numbers aside, which Lightning changes during a step."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def handed(module: TranslationModule, learnt: Learnt) -> Losses:
    """Losses that are known already, from which known gradients flow back to the weights."""
    weights = [weight for weight in module.model.parameters() if weight.requires_grad]
    objective = _Handed.apply(learnt.losses.objective, learnt.gradients, *weights)
    return TokenLoss(objective, learnt.losses.loss), learnt.tokens


class _Handed(torch.autograd.Function):
    """A number whose gradients have been computed before."""

    @staticmethod
    def forward(
        ctx: Any, objective: Tensor, gradients: list[Tensor | None], *weights: Tensor
    ) -> Tensor:
        """The number."""
        ctx.gradients = gradients
        return objective.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> tuple[Tensor | None, ...]:
        """Its gradients, times what reaches it."""
        known = [gradient for gradient in ctx.gradients if gradient is not None]
        # new tensors, so that autograd takes them as they are and copies none
        scaled = iter(torch._foreach_mul(known, gradients[0]))  # pyright: ignore[reportPrivateImportUsage]
        every = (None if one is None else next(scaled) for one in ctx.gradients)
        return None, None, *every


# The meeting of the run that this thread is about to make, for who makes it.
MEETING: ContextVar[Meeting | None] = ContextVar("MEETING", default=None)
