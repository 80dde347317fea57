"""While the tests run, what is annotated with a shape refuses another one."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from jaxtyping import TypeCheckError

from tests import shapes
from tests.house.source import ROOT
from tests.tasks.launching import TINY, launch
from whynorm.norms.layer import LayerNorm


@pytest.fixture(autouse=True)
def checked(shapes_of: None) -> Iterator[None]:
    """Check shapes here."""
    shapes.check(True)
    yield


def test_a_mask_of_another_length_than_the_tokens_is_refused() -> None:
    norm, x = LayerNorm(4), torch.zeros(2, 3, 4)
    norm(x, torch.ones(2, 3, dtype=torch.bool))
    with pytest.raises(TypeCheckError, match="real"):
        norm(x, torch.ones(2, 5, dtype=torch.bool))


@pytest.mark.long
def test_a_training_with_tests_and_translations_keeps_every_shape(tmp_path: Path) -> None:
    ended = launch(tmp_path, *TINY, "norm=batch", "decoding.beam=2")
    assert ended.code == 0, ended.err


@pytest.mark.long
@pytest.mark.parametrize("name", ["attention", "leakage", "statistics", "flow", "foresight"])
def test_a_probe_keeps_every_shape(name: str, tmp_path: Path) -> None:
    words = ("task=probe", f"probe={name}", *TINY, "examined_batches=1")
    assert launch(tmp_path, *words).code == 0


def test_shapes_are_checked_where_modules_are_tested_one_by_one() -> None:
    tests = {path.relative_to(ROOT / "tests") for path in (ROOT / "tests").glob("*/test_*.py")}
    assert {path.parent.name for path in tests} >= shapes.FOLDERS
    assert {path.as_posix() for path in tests} >= shapes.WHOLE_MODELS
