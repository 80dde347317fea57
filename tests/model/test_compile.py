"""A model whose stacks torch compiles."""

import json
import subprocess
import sys
from itertools import product

import pytest

from tests.house.source import ROOT
from tests.model.build import transformer

CASES = [" ".join(case) for case in product(["layer", "batch"], ["post", "pre"])]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """What compiling each model came to, in a process without shape checks."""
    command = [sys.executable, "-m", "tests.model.compiled", json.dumps(CASES)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_compiled_stacks_give_the_same_logits_and_gradients(
    case: str, outcomes: dict[str, str]
) -> None:
    assert outcomes[case] == ""


def test_compiling_leaves_the_names_of_weights_alone() -> None:
    model = transformer()
    before = list(model.state_dict())
    model.compile_stacks("reduce-overhead")
    assert list(model.state_dict()) == before


def test_an_unknown_mode_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="compile=fast is no mode; choose one of default,"):
        transformer().compile_stacks("fast")
