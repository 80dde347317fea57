"""The options of conf/, composed as run.py composes them, for tests that range over all."""

from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from omegaconf import DictConfig

CONF = Path(__file__).parent.parent / "conf"


def names(group: str) -> list[str]:
    """Every option of a group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


@cache
def composed(group: str, name: str, *overrides: str) -> DictConfig:
    """The configuration of one option; the rest of conf/ only where it overrides some of it."""
    text = (CONF / group / f"{name}.yaml").read_text(encoding="utf-8")
    with initialize_config_dir(str(CONF), version_base="1.3"):
        if "override /" in text:
            return compose("config", overrides=[f"{group}={name}", *overrides])[group]
        return compose(overrides=[f"+{group}={name}", *overrides])[group]


def option(group: str, name: str, *overrides: str) -> Any:
    """What one option builds."""
    return instantiate(composed(group, name, *overrides))
