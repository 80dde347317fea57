"""Contenders that do the same work by turns, each in a process of its own."""

import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from typing import NamedTuple, Protocol, runtime_checkable

from whynorm.benchmarks import memory

# Which libraries look where, for how many threads they may use.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
Fact = int | float | str


class Work(NamedTuple):
    """What was done in a round, in units such as tokens, and how long it took."""

    units: float
    seconds: float


@runtime_checkable
class Contender(Protocol):
    """Who takes part; made, prepared and asked in a process of its own."""

    def prepare(self) -> None:
        """Import, build and read what the rounds need; what fails here keeps it from taking part.

        Packages that may be missing are imported here.
        """
        ...

    def round(self, number: int) -> Work:
        """Do the work once and say how long it took; round 0 is a warm-up that is not counted."""
        ...


@runtime_checkable
class Described(Protocol):
    """A contender that has something to say of itself, such as its number of parameters."""

    def facts(self) -> dict[str, Fact]:
        """Asked once, after it has prepared."""
        ...


class Row(NamedTuple):
    """One contender's round, counted from 1.

    `peak_memory_bytes` is the most that its process has held in this or an earlier round, beyond
    what it held once it had prepared: imports, data and weights are not in it.
    """

    contender: str
    round: int
    units: float
    seconds: float
    rate: float
    peak_memory_bytes: int


class Outcome(NamedTuple):
    """A contest's rounds, why some are absent, and what contenders said of themselves."""

    rows: list[Row]
    absent: dict[str, str]
    facts: dict[str, dict[str, Fact]]


Makers = Mapping[str, Callable[[], Contender]]


def contest(makers: Makers, *, rounds: int, threads: int) -> Outcome:
    """Let the contenders take turns, A B C A B C …, first for a warm-up and then `rounds` times.

    `makers` are called in the contenders' own processes, so they are picklable: functions of a
    module, classes, or partials of them. Only one process works at a time, with `threads` threads.
    One that fails is absent from then on, and the others go on.
    """
    outcome = Outcome([], {}, {})
    seats = {name: Seat(maker, threads) for name, maker in makers.items()}
    try:
        for name, seat in seats.items():
            seat.answer(name, outcome)
        for number in range(rounds + 1):
            for name, seat in seats.items():
                if name not in outcome.absent:
                    seat.ask(number)
                    seat.answer(name, outcome)
    finally:
        for seat in seats.values():
            seat.leave()
    return outcome


class Seat:
    """A contender's process, seen from here."""

    def __init__(self, maker: Callable[[], Contender], threads: int) -> None:
        # Not forked: what torch and its threads have done here must not be there.
        own = multiprocessing.get_context("spawn")
        self.line, far = own.Pipe()
        # Pickled here, so that it is read only after the number of threads is set.
        self.process = own.Process(target=attend, args=(far, pickle.dumps(maker), threads))
        self.process.start()
        far.close()

    def ask(self, number: int) -> None:
        """Begin a round there."""
        self.line.send(number)

    def answer(self, name: str, outcome: Outcome) -> None:
        """Wait until it has done what it does, and add what comes of it."""
        try:
            answer = self.line.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            answer = f"its process ended with exit code {self.process.exitcode}"
        if isinstance(answer, str):
            outcome.absent[name] = answer
        elif isinstance(answer, dict):
            outcome.facts[name] = answer
        elif isinstance(answer, Turn) and answer.number:
            rate = answer.work.units / answer.work.seconds
            outcome.rows.append(Row(name, answer.number, *answer.work, rate, answer.peak))

    def leave(self) -> None:
        """End the process, whatever it is doing."""
        self.line.close()
        self.process.join(timeout=1)
        self.process.kill()
        self.process.join()


class Turn(NamedTuple):
    """What a contender's process answers when a round is over."""

    number: int
    work: Work
    peak: int


def attend(line: Connection, maker: bytes, threads: int) -> None:
    """Be the contender that `maker` makes, until nobody asks any more."""
    for name in THREADS:
        os.environ[name] = f"{threads}"
    try:
        contender: Contender = pickle.loads(maker)()
        contender.prepare()
        # Whoever has imported torch may have changed the number since.
        if "torch" in sys.modules:
            sys.modules["torch"].set_num_threads(threads)
        line.send(contender.facts() if isinstance(contender, Described) else {})
        memory.forget()
        before = memory.held()
        while True:
            number = line.recv()
            work = contender.round(number)
            line.send(Turn(number, work, max(0, memory.peak() - before)))
    except EOFError:
        return
    except Exception as error:
        line.send(reason(error))


def reason(error: Exception) -> str:
    """Why a contender takes no part, in one line."""
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is not installed"
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
