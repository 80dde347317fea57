"""sweep.yaml, with which W&B steers run.py."""

from typing import Any

import pytest
import yaml

import run
from tests.tasks.launching import CONF
from whynorm.tasks.command import checked

SWEEP: dict[str, Any] = yaml.safe_load((run.ROOT / "sweep.yaml").read_text(encoding="utf-8"))
OWN = [word for word in SWEEP["command"] if "=" in word]


def values(parameter: dict[str, Any]) -> list[Any]:
    """What a parameter may become: its values, or the ends of its range."""
    return parameter.get("values") or [parameter["min"], parameter["max"]]


@pytest.mark.long
def test_every_run_that_the_sweep_asks_for_can_be_built() -> None:
    choices = {key: values(parameter) for key, parameter in SWEEP["parameters"].items()}
    swept = [f"{key}={','.join(map(str, every))}" for key, every in choices.items()]
    assert checked(["-m", *OWN, *swept, "logger=none"], CONF)


def test_the_sweep_runs_the_launcher() -> None:
    assert (run.ROOT / SWEEP["program"]).is_file()
    assert "${program}" in SWEEP["command"]
    assert SWEEP["command"][-1] == "${args_no_hyphens}"
