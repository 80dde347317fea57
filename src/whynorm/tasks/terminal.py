"""What a run shows: facts first, a table last, its folder's path before and after."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

# Of several processes of a run, the first one speaks.
FIRST = os.environ.get("LOCAL_RANK", "0") == "0"
console = Console(highlight=False, soft_wrap=True, quiet=not FIRST)


def say(line: str) -> None:
    """Print one line."""
    console.print(line, markup=False)


def complain(line: str) -> None:
    """Write one line to standard error."""
    if FIRST:
        sys.stderr.write(line + "\n")


@contextmanager
def around(folder: Path) -> Iterator[None]:
    """Print the run folder's path, as the user would type it, before the work and after."""
    shown = folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder
    say(f"run folder: {shown}")
    try:
        yield
    finally:
        if folder.exists():
            say(f"run folder: {shown}")


def show_facts(title: str, facts: Mapping[str, Any]) -> None:
    """Print facts, one a line."""
    say(title)
    for name, value in facts.items():
        say(f"  {name:<26}{shown(value)}")


def show_table(title: str, header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers stand on the right."""
    table = Table(title=title, title_justify="left")
    for place, name in enumerate(header):
        number = any(isinstance(row[place], float) for row in rows)
        table.add_column(name, justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown(value)) for value in row))
    console.print(table)


def show_rows(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print a table of named values, as many columns as the terminal is wide enough for."""
    every, used = list(rows[0]), 1
    fitting: list[str] = []
    for name in every:
        used += 3 + max(len(word) for word in (name, *(shown(row[name]) for row in rows)))
        if len(fitting) > 1 and used > console.width:
            break
        fitting.append(name)
    show_table(title, fitting, [[row[name] for name in fitting] for row in rows])
    if len(fitting) < len(every):
        say(f"in results.csv also: {', '.join(every[len(fitting) :])}")


def show_samples(rows: Sequence[Sequence[str]]) -> None:
    """Print source, reference and translation of a few sentences."""
    for row in rows:
        say("")
        for name, text in zip(("source", "reference", "translation"), row, strict=True):
            say(f"  {name:<12}{text}")


def shown(value: Any) -> str:
    """A value as people read it."""
    if value is None or value != value:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
