"""Signals that stop a run: what is under way is finished first, where it can be resumed from."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGUSR1")
    if hasattr(signal, name)  # Windows has no SIGUSR1
]
SAME_SECONDS = 0.5  # a terminal's interrupt may reach a process once more through its parent


class Stopped(BaseException):
    """A signal ended the run; `exit_code` is 130 for an interrupt and 143 for all others."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.exit_code = 130 if number == signal.SIGINT else 143

    def __str__(self) -> str:
        how = "interrupted" if self.number == signal.SIGINT else "stopped"
        return f"{how} by {signal.Signals(self.number).name}; the same command goes on from here"


class Stops:
    """The signal that asked this process to stop, if one came.

    While `deferring`, it is only remembered in `wanted`, for the training to end between two
    updates; otherwise it raises Stopped wherever the program is. A second signal ends the process
    at once. Only the main thread of a process hears signals; in another thread none is awaited.
    """

    def __init__(self) -> None:
        self.wanted: int | None = None
        self.deferring = False
        self._heard_at = 0.0
        self._before: dict[int, Any] = {}

    @contextmanager
    def awaited(self) -> Iterator[None]:
        """Hear signals inside, and leave them to whoever heard them before afterwards."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        self.await_again()
        try:
            yield
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)
            self._before = {}

    def await_again(self) -> None:
        """Hear signals, although Lightning has begun to hear some of them itself."""
        for number in self._before:
            signal.signal(number, self.hear)

    def hear(self, number: int, frame: FrameType | None) -> None:
        """Remember the signal; raise Stopped where nothing has to be finished first."""
        if self.wanted is not None:
            if time.monotonic() - self._heard_at > SAME_SECONDS:
                end_at_once(number)
            return
        self.wanted, self._heard_at = number, time.monotonic()
        if not self.deferring:
            raise Stopped(number)
        tell(f"{signal.Signals(number).name}: stopping after this update; again ends at once\n")


def end_at_once(number: int) -> None:
    """End this process as if nobody had heard the signal."""
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def tell(line: str) -> None:
    """Write to standard error from inside a signal handler, where a buffer may be in use."""
    os.write(2, line.encode())
