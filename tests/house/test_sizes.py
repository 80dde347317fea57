import ast
from pathlib import Path

import pytest

from tests.house.source import functions, name, python_files

FILES = python_files("src", "tests")
IDS = [name(path) for path in FILES]
LONGEST_FUNCTION = 40
LONGEST_FILE = 220
MOST_ARGUMENTS = 9


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions(path)}
    assert {f: n for f, n in lengths.items() if n > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_function_takes_fewer_than_ten_arguments(path: Path) -> None:
    counts = {f.name: len(arguments(f)) for f in functions(path)}
    assert {f: n for f, n in counts.items() if n > MOST_ARGUMENTS} == {}


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The names of a function's arguments, self and cls left out."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [argument.arg for argument in every if argument.arg not in ("self", "cls")]
