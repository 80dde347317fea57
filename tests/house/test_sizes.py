import ast
from pathlib import Path

from tests.house.source import functions, name, offenders, python_files

FILES = python_files("src", "tests")
LONGEST_FUNCTION = 40
LONGEST_FILE = 220
MOST_ARGUMENTS = 9


def test_a_file_is_read_in_one_sitting() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    assert {file: n for file, n in lines.items() if n > LONGEST_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    assert offenders(FILES, long_functions) == {}


def test_a_function_takes_fewer_than_ten_arguments() -> None:
    assert offenders(FILES, with_many_arguments) == {}


def long_functions(path: Path) -> dict[str, int]:
    """The functions of a file that are too long, and their lines."""
    lengths = {f.name: (f.end_lineno or f.lineno) - f.lineno + 1 for f in functions(path)}
    return {f: n for f, n in lengths.items() if n > LONGEST_FUNCTION}


def with_many_arguments(path: Path) -> dict[str, int]:
    """The functions of a file that take too much, and how much."""
    counts = {f.name: len(arguments(f)) for f in functions(path)}
    return {f: n for f, n in counts.items() if n > MOST_ARGUMENTS}


def arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The names of a function's arguments, self and cls left out."""
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [argument.arg for argument in every if argument.arg not in ("self", "cls")]
