"""What a run folder may name, for somebody else may have written it: only what conf/ names too."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from whynorm.tasks.refusal import Refused

# Places that hold norms, beside what the group of their own name offers.
HOLDING_NORMS = {"decoder_norm", "qk_norm"}


def refuse_untrusted(past: DictConfig, command: DictConfig) -> None:
    """Refuse a run whose configuration names what neither conf/ nor the command names there.

    `past` is the run's configuration. Of the keys that Hydra acts upon, `_target_` above all, each
    must have a value that it has in conf/ at the same place. Values are compared as text: nothing
    is imported or called to find out what they mean.
    """
    said = OmegaConf.to_container(command, resolve=True)
    assert isinstance(said, dict)
    for key, value in keys_for_hydra(OmegaConf.to_container(past, resolve=True)):
        if not allowed(key, value, said):
            raise Refused(
                f"run={command.run}: its configuration holds {shown(key, value)}, which no option "
                "of conf/ says at that place, so nothing of the run was used; if you trust it, "
                "write an option that says it"
            )


def keys_for_hydra(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """The dotted name and the value of every key, however deep, that Hydra would act upon."""
    below: Any = node.items() if isinstance(node, Mapping) else ()
    for key, value in enumerate(node) if isinstance(node, list) else below:
        name = f"{place}.{key}" if place else f"{key}"
        if re.fullmatch(r"_\w+_", f"{key}"):
            yield name, value
        yield from keys_for_hydra(value, name)


def allowed(key: str, value: Any, said: Mapping[Any, Any]) -> bool:
    """True where the command's configuration or an option of conf/ says the same at that place."""
    place, last = key.partition(".")[0], key.rpartition(".")[2]
    names = [place, "norm"] if place in HOLDING_NORMS else [place]
    if value in values(last, [said.get(name) for name in names]):
        return True
    return any(value in values(last, node) for name in names for node in options(name))


def options(group: str) -> Iterator[Any]:
    """What the option files of a group say, those of --config-dir too, as plain values."""
    folders = [one.path for one in HydraConfig.get().runtime.config_sources if one.schema == "file"]
    # A run folder may have any text for a key, such as a path to options of its own.
    for folder in folders if group.isidentifier() else ():
        for path in sorted(Path(folder, group).rglob("*.yaml")):
            yield yaml.safe_load(path.read_text(encoding="utf-8"))


def values(key: str, node: Any) -> list[Any]:
    """All values that a key has in a trusted node, however deep."""
    return [value for name, value in keys_for_hydra(node) if name.rpartition(".")[2] == key]


def shown(key: str, value: Any) -> str:
    """What was found, on one line, with no character that a terminal would obey."""
    return repr(f"{key}={value}")[1:-1][:200]
