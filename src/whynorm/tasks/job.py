"""What a run is called and made of: the facts that its loggers and its files need."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

# What runs are called and shown by, and how they are asked for.
NAMES = ("group", "name", "tags", "logger", "arm", "compare", "tune", "resume")


class Job(NamedTuple):
    """One run of a task, in plain values.

    `choices` are the options of the config groups, `config` is the resolved configuration.
    `identity` is the same for two runs with equal configuration and seed.
    """

    folder: Path
    group: str
    name: str
    kind: str
    tags: list[str]
    overrides: list[str]
    choices: dict[str, str | None]
    config: dict[str, Any]
    identity: str

    def flat(self) -> dict[str, Any]:
        """Choices and values under one level of dotted names, to group and filter runs by."""
        values = {key: value for key, value in flattened(self.config) if "_target_" not in key}
        return {**values, **self.choices}


def of(config: DictConfig) -> Job:
    """The job that Hydra is running with this config."""
    hydra = HydraConfig.get()
    resolved = OmegaConf.to_container(config, resolve=True)
    assert isinstance(resolved, dict)
    content: dict[str, Any] = {str(key): value for key, value in resolved.items()}
    overrides = list(hydra.overrides.task)
    return Job(
        folder=Path(hydra.runtime.output_dir),
        group=content["group"],
        name=",".join(overrides) or content["name"],
        kind=str(hydra.runtime.choices["task"]),
        tags=content["tags"],
        overrides=overrides,
        choices={k: v for k, v in hydra.runtime.choices.items() if not k.startswith("hydra/")},
        config=content,
        identity=fingerprint(content),
    )


def project() -> Path:
    """The folder that holds the conf/ in use, and run.py and experiments/ beside it."""
    sources = HydraConfig.get().runtime.config_sources
    (conf,) = [Path(one.path) for one in sources if one.provider == "main"]
    return conf.parent


def in_multirun() -> bool:
    """True in an arm of a multirun."""
    return HydraConfig.get().mode == RunMode.MULTIRUN


def fingerprint(config: Mapping[str, Any]) -> str:
    """A short hash of the configuration, apart from names that do not change the result."""
    settings = {key: value for key, value in config.items() if key not in NAMES}
    text = json.dumps(settings, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def flattened(node: Any, place: str = "") -> list[tuple[str, Any]]:
    """Every value below the node with its dotted name."""
    if not isinstance(node, Mapping):
        return [(place, node)]
    dot = f"{place}." if place else ""
    return [pair for key, below in node.items() for pair in flattened(below, f"{dot}{key}")]
