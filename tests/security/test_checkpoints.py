"""A checkpoint holds tensors and plain values; weights leave as safetensors, which hold no code."""

from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.security.folders import WEIGHTS, configuration, run_folder
from tests.tasks.launching import launch
from whynorm.training import checkpoint

PLAIN = (dict, OrderedDict, list, tuple, str, int, float, bool, type(None), torch.Tensor)


def kinds(content: Any) -> set[type]:
    """The type of everything in the content, however deep."""
    below: list[Any] = []
    if isinstance(content, dict):
        below = [*content.keys(), *content.values()]
    elif isinstance(content, list | tuple):
        below = [*content]
    return {type(content)}.union(*map(kinds, below))


@pytest.mark.parametrize("name", ["best.ckpt", "last.ckpt"])
def test_a_checkpoint_of_training_holds_tensors_and_plain_values(name: str, trained: Path) -> None:
    content = torch.load(trained / "checkpoints" / name, weights_only=True)
    assert kinds(content) <= set(PLAIN)


@pytest.mark.parametrize("name", ["best.ckpt", "last.ckpt"])
def test_a_checkpoint_of_training_names_no_code(name: str, trained: Path) -> None:
    path = trained / "checkpoints" / name
    assert torch.serialization.get_unsafe_globals_in_checkpoint(path) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"cos\nsystem\n(S'true'\ntR."])
def test_a_damaged_checkpoint_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.ckpt").write_bytes(content)
    with pytest.raises(ValueError, match=r"^\S+a\.ckpt is damaged, or holds more than weights"):
        checkpoint.weights(tmp_path / "a.ckpt")


@pytest.mark.long
@pytest.mark.parametrize("words", [["norm=layer"], ["norm=batch"]], ids=" ".join)
def test_weights_exported_as_safetensors_equal_those_of_the_run(
    words: list[str], tmp_path: Path
) -> None:
    safetensors = pytest.importorskip("safetensors.torch")
    run = run_folder(tmp_path / "run", configuration(*words), *words)
    ended = launch(tmp_path, "task=export", f"run={run}", "format=safetensors")
    assert ended.code == 0, ended.err
    written = safetensors.load_file(run / "export/safetensors/model.safetensors")
    own = checkpoint.weights(run / WEIGHTS)
    assert written.keys() == own.keys()
    assert all(torch.equal(written[name], value) for name, value in own.items())


@pytest.mark.long
def test_an_export_in_an_unknown_format_is_refused(tmp_path: Path) -> None:
    run = run_folder(tmp_path / "run", configuration())
    ended = launch(tmp_path, "task=export", f"run={run}", "format=pickle")
    assert (ended.code, list(run.glob("export"))) == (2, [])
    assert ended.err == "format=pickle: there is no such format; choose safetensors or null\n"
