import ast
import re
from pathlib import Path

from tests.house.source import ROOT, functions, name, offenders, python_files, text_files, tree

# A letter in brackets keeps these patterns from finding themselves.
ELSEWHERE = [
    r"(?<![\w./~-])/(?:wor[k]|op[t]|roo[t]|hom[e]|User[s])/",  # a path on one machine
    r"\.\./share[d]",
    r"pyp[i]\.org|pythonhost[e]d\.org|downlo[a]d\.pytorch\.org",  # one registry among many
    r"\bsub-?ag[e]nts?\b",
    r"\bh[e]lpers?\b",  # says nothing about what it does
    r'(?<!scope=")\bs[e]ssions?\b',  # what is run here is a run
    r"\bTOD[O]\b|\bFIXM[E]\b",
    "[\U0001f000-\U0001faff\u2600-\u27bf]",
]
EMPTY_NAMES = {"utils", "util", "common", "misc", "components", "base", "core"}
FILES = text_files()
SOURCES = python_files("src")


def test_no_file_speaks_of_one_machine_or_in_empty_words() -> None:
    assert offenders(FILES, words_from_elsewhere) == {}


def words_from_elsewhere(path: Path) -> list[str]:
    """What a file says that means nothing to its readers."""
    text = path.read_text(encoding="utf-8")
    if name(path) == ".ci/run":
        text = text.replace("../share" + "d/data", "")
    return [match.group() for word in ELSEWHERE for match in re.finditer(word, text, re.I)]


def test_files_and_folders_are_nouns_a_reader_knows() -> None:
    parts = {part for path in SOURCES for part in path.relative_to(ROOT).with_suffix("").parts}
    assert parts & EMPTY_NAMES == set()


def test_every_file_says_what_it_is() -> None:
    assert [name(path) for path in SOURCES if not ast.get_docstring(tree(path))] == []


def test_every_public_name_says_what_it_is() -> None:
    assert offenders(SOURCES, undocumented) == {}


def undocumented(path: Path) -> list[str]:
    """The public classes, functions and methods of a file that have no docstring."""
    nodes: list[ast.stmt] = [*tree(path).body]
    for node in tree(path).body:
        nodes += node.body if isinstance(node, ast.ClassDef) else []
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    public = [n for n in nodes if isinstance(n, kinds) and not n.name.startswith("_")]
    return [n.name for n in public if not ast.get_docstring(n)]


def test_keyword_arguments_are_never_passed_through_unnamed() -> None:
    assert offenders(SOURCES, lambda path: [f.name for f in functions(path) if f.args.kwarg]) == {}


def test_a_missing_option_is_never_papered_over() -> None:
    assert offenders(SOURCES, defaults_of_options) == {}


def defaults_of_options(path: Path) -> list[int]:
    """The lines of a file that read an option with a default of their own."""
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    defaults = [c for c in calls if ast.unparse(c.func) == "getattr" and len(c.args) == 3]
    return [c.lineno for c in defaults if "c" + "fg" in ast.unparse(c.args[0])]


def test_annotations_stay_objects_that_the_shape_checks_can_read() -> None:
    text = {name(path): path.read_text(encoding="utf-8") for path in python_files("src", "tests")}
    assert [file for file in text if "from __" + "future__" in text[file]] == []
