"""What the house tests read: the files of the repository, and their syntax trees."""

import ast
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("src", "tests", "conf", "experiments", "docs", "benchmarks", ".ci")
TEXT = (".py", ".md", ".ipynb", ".yaml", ".toml", ".txt", ".cff", ".csv", ".svg", "")


def python_files(*folders: str) -> list[Path]:
    """The Python files in some folders of the repository, and run.py."""
    files = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [*files, *ROOT.glob("run.py")]


def text_files() -> list[Path]:
    """Everything that a reader of the repository may open."""
    inside = [path for room in ROOMS for path in (ROOT / room).rglob("*")]
    files = [path for path in [*ROOT.glob("*"), *inside] if path.is_file()]
    return sorted(p for p in files if p.suffix in TEXT and "__pycache__" not in p.parts)


def name(path: Path) -> str:
    """A file's path as one would type it at the root of the repository."""
    return path.relative_to(ROOT).as_posix()


def offenders(files: Iterable[Path], offences: Callable[[Path], object]) -> dict[str, object]:
    """The files in which something is found, and what."""
    return {name(path): found for path in files if (found := offences(path))}


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file, nested ones too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in ast.walk(tree(path)) if isinstance(node, kinds)]


def imports(path: Path) -> set[str]:
    """Full names of what a file imports, at the top or inside a function."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}:{node.lineno} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found
