"""What docs/scaling.md says is what is computed, measured and accepted."""

import re
import shlex

import pytest

from tests.house import scaling
from tests.house.source import ROOT
from whynorm.tasks.command import checked, register_experiments

PAGE = (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
ON_CPU = ["hardware.accelerator=cpu", "hardware.precision=32-true"]
COMMANDS = [
    line
    for block in re.findall(r"^```bash\n(.*?)^```", PAGE, re.M | re.S)
    for line in block.splitlines()
]


@pytest.mark.parametrize("figure", list(scaling.figures()))
def test_the_page_says_what_is_computed(figure: str) -> None:
    assert figure in PAGE


def test_a_checkpoint_takes_the_bytes_a_parameter_that_the_page_reckons_with() -> None:
    assert scaling.checkpoint_bytes_a_parameter() == pytest.approx(scaling.CHECKPOINT, rel=0.01)


@pytest.mark.long
def test_a_pair_takes_the_memory_that_the_page_reckons_with() -> None:
    assert scaling.bytes_a_pair() == pytest.approx(scaling.PAIR, rel=0.3)


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_page_would_be_carried_out(command: str) -> None:
    register_experiments(ROOT / "experiments")
    words = shlex.split(command)
    arguments = words[words.index("run.py") + 1 :]
    queued = "hydra/launcher=slurm" in arguments
    assert checked([*arguments, *([] if queued else ON_CPU)], ROOT / "conf")
