"""A new norm is one .py and one .yaml, and nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

FORMULA = '''
"""Divides each token by its largest number."""
from whynorm.norms.norm import Norm


class MaximumNorm(Norm):
    """x / (max |x| + eps)."""

    def location_and_scale(self, x, real):
        """Zero and the largest absolute feature of each token."""
        return x.new_zeros(()), x.abs().amax(-1, keepdim=True) + self.eps
'''

OPTION = """
_target_: whynorm.norms.maximum.MaximumNorm
_partial_: true
"""

TINY = (
    "data.corpus.pairs=400",
    "model.d_model=16",
    "model.heads=2",
    "model.d_ff=16",
    "training.updates=2",
    "decoding.beam=1",
    "decoding.extra_tokens=2",
    "logger=none",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with one formula and one option more."""
    house = tmp_path_factory.mktemp("house")
    for part in ("src", "conf"):
        shutil.copytree(ROOT / part, house / part)
    shutil.copy(ROOT / "run.py", house)
    (house / "src/whynorm/norms/maximum.py").write_text(FORMULA)
    (house / "conf/norm/maximum.yaml").write_text(OPTION)
    return house


def run(house: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "run.py", *arguments]
    places = os.pathsep.join((str(house / "src"), os.environ.get("PYTHONPATH", "")))
    environment = {**os.environ, "PYTHONPATH": places}
    return subprocess.run(
        command, cwd=house, env=environment, capture_output=True, text=True, timeout=120
    )


def test_a_norm_added_as_one_formula_and_one_option_trains_and_translates(house: Path) -> None:
    ended = run(house, "norm=maximum", *TINY)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert len(list(house.glob("runs/*/*/translations.tsv"))) == 1


def test_a_misspelt_norm_is_answered_with_the_new_one_among_the_choices(house: Path) -> None:
    ended = run(house, "norm=maximun", *TINY)
    assert ended.returncode == 2
    assert "maximum" in ended.stderr
