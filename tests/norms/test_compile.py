import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.norms.catalogue import VARIANTS, Variant
from tests.options import CONF

AS_PUBLISHED = ["norm=power norm.as_published=true", "norm=unified norm.as_published=true"]
FILTERING = "norm=unified norm.warmup_updates=0 norm.outlier_filtration=true"


def words(variant: Variant) -> str:
    return " ".join((f"norm={variant.option}", *variant.overrides))


CASES = [*map(words, VARIANTS), *AS_PUBLISHED, FILTERING]


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    """What compiling each norm came to, in a process without shape checks."""
    script = Path(__file__).with_name("compiled.py")
    command = [sys.executable, str(script), str(CONF), json.dumps(CASES)]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, "TQDM_DISABLE": "1"}
    )
    return json.loads(ended.stdout.splitlines()[-1])


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_a_compiled_norm_is_one_graph_that_computes_the_same(
    case: str, outcomes: dict[str, str]
) -> None:
    assert outcomes[case] == ""
