import importlib
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf

from tests.house.source import ROOT, name
from tests.options import composed

LONGEST_OPTION = 12
HYDRAS = {"_target_", "_partial_", "_convert_", "_recursive_", "_args_"}
CONF = ROOT / "conf"
OPTIONS = [path for path in sorted(CONF.glob("*/*.yaml")) if path.parent.name != "hydra"]
IDS = [name(path) for path in OPTIONS]


@pytest.mark.parametrize("path", OPTIONS, ids=IDS)
def test_an_option_file_is_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_OPTION


@pytest.mark.parametrize("path", OPTIONS, ids=IDS)
def test_an_option_file_opens_with_what_it_chooses(path: Path) -> None:
    comments = [line for line in path.read_text().splitlines() if not line.startswith("# @package")]
    assert comments[0].startswith("# ")


@pytest.mark.parametrize("path", OPTIONS, ids=IDS)
def test_the_keys_of_an_option_are_arguments_of_what_it_builds(path: Path) -> None:
    for made, keys in built(path):
        assert keys <= set(inspect.signature(made).parameters), made.__qualname__


@pytest.mark.parametrize("path", OPTIONS, ids=IDS)
def test_an_option_shows_every_choice_that_its_constructor_offers(path: Path) -> None:
    for made, keys in built(path):
        offered = inspect.signature(made).parameters.values()
        choices = {p.name for p in offered if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}
        if made.__module__.startswith("whynorm."):
            assert choices <= keys, made.__qualname__


@cache
def built(path: Path) -> list[tuple[Any, set[str]]]:
    """What the config names once this option is chosen, and the keys it is given."""
    config = composed(path.parent.name, path.stem)
    return [
        (target(node["_target_"]), node.keys() - HYDRAS)
        for node in nodes(OmegaConf.to_container(config))
    ]


def target(name: str) -> Any:
    """What stands under that name."""
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def nodes(config: object) -> Iterator[Mapping[str, Any]]:
    """Every mapping in a config that says what it builds."""
    if isinstance(config, Mapping):
        if "_target_" in config:
            yield config
        for value in config.values():
            yield from nodes(value)
