"""Contenders that work at once, for contests that take no time."""

import os
import time
from pathlib import Path

from whynorm.benchmarks.contest import Fact, Work

BLOCK = 64 * 2**20


class Steady:
    """Does `units` in `seconds` each round, and writes its name down as it does."""

    def __init__(self, diary: Path, name: str, units: float = 1.0, seconds: float = 1.0) -> None:
        self.diary, self.name, self.work = diary, name, Work(units, seconds)

    def prepare(self) -> None:
        with self.diary.open("a") as page:
            page.write(f"{self.name} prepares\n")

    def round(self, number: int) -> Work:
        with self.diary.open("a") as page:
            page.write(f"{self.name}{number}\n")
        return self.work

    def facts(self) -> dict[str, Fact]:
        return {"process": os.getpid(), "threads": os.environ["OMP_NUM_THREADS"]}


class Missing:
    """Needs a package that nobody has."""

    def prepare(self) -> None:
        import a_package_that_nobody_has  # pyright: ignore[reportMissingImports]  # noqa: F401

    def round(self, number: int) -> Work:
        return Work(1.0, 1.0)


class Tiring:
    """Gives up in its second counted round: by an error, or by the end of its process."""

    def __init__(self, *, dies: bool = False) -> None:
        self.dies = dies

    def prepare(self) -> None:
        time.sleep(0)

    def round(self, number: int) -> Work:
        if number == 2 and self.dies:
            os._exit(9)
        if number == 2:
            raise ValueError("two are\nenough")
        return Work(1.0, 1.0)


class Hungry:
    """Holds a block of memory while it prepares, and `blocks` of them in a round."""

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks

    def prepare(self) -> None:
        bytearray(os.urandom(1) * 4 * BLOCK)

    def round(self, number: int) -> Work:
        bytearray(os.urandom(1) * self.blocks * BLOCK)
        return Work(1.0, 1.0)
