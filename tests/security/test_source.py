"""What the source never does, whatever it is given."""

import ast
from functools import cache
from pathlib import Path

from tests.house.source import name, offenders, python_files, tree

FILES = python_files("src", "benchmarks")
# Files that are read by these can hold code; an archive that is unpacked by these can name places.
NEVER = {
    "eval",
    "exec",
    "extractall",
    "hub.load",
    "jit.load",
    "load_from_checkpoint",
    "os.system",
    "read_pickle",
    "unpack_archive",
    "unsafe_load",
    "yaml.full_load",
    "yaml.load",
}
# Between a process and the one that it has begun itself; see the file.
OWN_PICKLES = "src/whynorm/benchmarks/contest.py"


@cache
def calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Every call in a file, with what is called as it is written there."""
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [(ast.unparse(call.func), call) for call in found]


def given(call: ast.Call, keyword: str) -> str | None:
    """What a call says under a keyword, as it is written there."""
    values = [ast.unparse(one.value) for one in call.keywords if one.arg == keyword]
    return values[0] if values else None


def said(path: Path, keyword: str, harmless: set[str | None]) -> set[str | None]:
    """What the calls of a file say under a keyword, but for what is harmless."""
    return {given(call, keyword) for _, call in calls(path)} - harmless


def test_nothing_is_called_that_runs_or_unpacks_what_a_file_says() -> None:
    assert offenders(FILES, runs_or_unpacks) == {}


def runs_or_unpacks(path: Path) -> set[str]:
    """What a file calls of what is never called; `eval` as the mode of a model takes no text."""
    ends = {".".join(called.split(".")[-length:]) for called, _ in calls(path) for length in (1, 2)}
    return NEVER & ends - {"model.eval"} - ({"eval"} if only_modes(path) else set())


def only_modes(path: Path) -> bool:
    """True where `eval` only ever is the method of a model."""
    return all(called != "eval" for called, _ in calls(path))


def test_torch_loads_weights_only() -> None:
    assert offenders(FILES, loads_more_than_weights) == {}


def loads_more_than_weights(path: Path) -> set[str | None]:
    """What a file says of `weights_only` where it loads, but for "True"."""
    loads = [call for called, call in calls(path) if called == "torch.load"]
    return {given(call, "weights_only") for call in loads} - {"True"}


def test_a_training_goes_on_from_weights_only() -> None:
    assert offenders(FILES, resumes_from_more) == {}


def resumes_from_more(path: Path) -> set[str | None]:
    """What a file says of `weights_only` where it goes on from a state, but for "True"."""
    resumed = [call for _, call in calls(path) if given(call, "ckpt_path") not in (None, "None")]
    return {given(call, "weights_only") for call in resumed} - {"True"}


def test_no_pickle_is_read() -> None:
    reads = {"pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "cloudpickle.loads"}
    others = [path for path in FILES if name(path) != OWN_PICKLES]
    assert offenders(others, lambda path: {called for called, _ in calls(path)} & reads) == {}


def test_numpy_is_never_told_to_read_pickles() -> None:
    assert offenders(FILES, lambda path: said(path, "allow_pickle", {None, "False"})) == {}


def test_no_shell_reads_a_command() -> None:
    assert offenders(FILES, lambda path: said(path, "shell", {None, "False"})) == {}


def test_no_page_is_offered_to_other_machines() -> None:
    hosts = ("0.0.0.0", "share=True")
    offering = [path for path in FILES if any(h in path.read_text("utf-8") for h in hosts)]
    assert [name(path) for path in offering] == []
