"""Every option of every group composes, and all that needs no data can be built."""

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
OPTIONS = sorted(
    f"{path.parent.relative_to(CONF)}={path.stem}"
    for path in CONF.rglob("*.yaml")
    if path.parent != CONF and path.relative_to(CONF).parts[0] != "hydra"
)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_can_be_built(option: str, request: pytest.FixtureRequest) -> None:
    arguments = [option, *ON_CPU.get(option, [])]
    if option == "hardware=gpu" and not torch.cuda.is_available():
        pytest.skip("there is no GPU here")
    if option in NEEDS_A_RUN:
        trained: Path = request.getfixturevalue("trained")
        arguments.append(f"run={trained}")
    if option.startswith("probe="):
        arguments.append("task=probe")
    assert checked(arguments, CONF) == arguments
