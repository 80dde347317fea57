"""Every option of every group composes, and all that needs no data can be built.

Options of groups that know nothing of each other are asked for in one command.
"""

from collections import defaultdict
from itertools import zip_longest
from pathlib import Path

import pytest
import torch

from tests.tasks.launching import CONF
from whynorm.tasks.command import checked

NEEDS_A_RUN = {"task=evaluate", "task=export", "task=translate"}
# What needs more GPUs than a machine for tests has is built for its processors.
ON_CPU = {
    f"hardware={name}": ["hardware.accelerator=cpu", "hardware.precision=32-true"]
    for name in ("multi_gpu", "multi_node", "fsdp")
}
ALONE = ("bench", "data", "hardware", "probe", "task")


def commands() -> list[list[str]]:
    """Options, each in one command at least."""
    groups = defaultdict[str, list[str]](list)
    for path in sorted(CONF.rglob("*.yaml")):
        group = path.parent.relative_to(CONF).as_posix()
        if path.parent != CONF and not group.startswith("hydra/"):
            groups[group].append(f"{group}={path.stem}")
    alone = [[option] for group in ALONE for option in groups.pop(group)]
    together = [[one for one in row if one] for row in zip_longest(*groups.values())]
    return [*alone, *together]


@pytest.mark.parametrize("options", commands(), ids=" ".join)
def test_options_can_be_built(options: list[str], request: pytest.FixtureRequest) -> None:
    arguments = [*options, *ON_CPU.get(options[0], [])]
    if options == ["hardware=gpu"] and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    if options[0] in NEEDS_A_RUN:
        trained: Path = request.getfixturevalue("trained")
        arguments.append(f"run={trained}")
    if options[0].startswith("probe="):
        arguments.append("task=probe")
    assert checked(arguments, CONF) == arguments


def test_every_option_is_asked_for() -> None:
    asked = [option for options in commands() for option in options]
    held = [path for path in CONF.glob("*/**/*.yaml") if "hydra" not in path.parts]
    assert len(asked) == len(set(asked)) == len(held)
