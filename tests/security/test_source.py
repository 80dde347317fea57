"""What the source never does, whatever it is given."""

import ast
from pathlib import Path

import pytest

from tests.house.source import name, python_files, tree

FILES = python_files("src", "benchmarks")
IDS = [name(path) for path in FILES]
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


def calls(path: Path) -> list[tuple[str, ast.Call]]:
    """Every call in a file, with what is called as it is written there."""
    found = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [(ast.unparse(call.func), call) for call in found]


def given(call: ast.Call, keyword: str) -> str | None:
    """What a call says under a keyword, as it is written there."""
    said = [ast.unparse(one.value) for one in call.keywords if one.arg == keyword]
    return said[0] if said else None


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_nothing_is_called_that_runs_or_unpacks_what_a_file_says(path: Path) -> None:
    ends = {".".join(called.split(".")[-length:]) for called, _ in calls(path) for length in (1, 2)}
    own = {"model.eval"}  # a model's mode, which takes no text
    assert NEVER & ends - own - ({"eval"} if only_modes(path) else set()) == set()


def only_modes(path: Path) -> bool:
    """True where `eval` only ever is the method of a model."""
    return all(called != "eval" for called, _ in calls(path))


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_torch_loads_weights_only(path: Path) -> None:
    loads = [call for called, call in calls(path) if called == "torch.load"]
    assert {given(call, "weights_only") for call in loads} <= {"True"}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_training_goes_on_from_weights_only(path: Path) -> None:
    resumed = [call for _, call in calls(path) if given(call, "ckpt_path") not in (None, "None")]
    assert {given(call, "weights_only") for call in resumed} <= {"True"}


@pytest.mark.parametrize("path", [path for path in FILES if name(path) != OWN_PICKLES])
def test_no_pickle_is_read(path: Path) -> None:
    reads = {"pickle.load", "pickle.loads", "pickle.Unpickler", "joblib.load", "cloudpickle.loads"}
    assert {called for called, _ in calls(path)} & reads == set()


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_numpy_is_never_told_to_read_pickles(path: Path) -> None:
    assert {given(call, "allow_pickle") for _, call in calls(path)} <= {None, "False"}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_shell_reads_a_command(path: Path) -> None:
    assert {given(call, "shell") for _, call in calls(path)} <= {None, "False"}


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_no_page_is_offered_to_other_machines(path: Path) -> None:
    assert [host for host in ("0.0.0.0", "share=True") if host in path.read_text("utf-8")] == []
