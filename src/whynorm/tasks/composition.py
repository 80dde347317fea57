"""Why a command line does not compose, in one sentence that names the valid choices."""

import re
from functools import lru_cache

from hydra import compose
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.object_type import ObjectType
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from whynorm.tasks.folder import ROOT
from whynorm.tasks.job import flattened
from whynorm.tasks.refusal import Refused, choices

# Keys that only some runs have: another norm for the decoder, and Hydra's own part.
OPTIONAL_KEYS = {"decoder_norm", "hydra"}
PLACES = ["norm@decoder_norm"]


def groups(parent: str = "") -> list[str]:
    """The config groups that a run chooses from, those inside others as `model/embedding`."""
    # Hydra's own list of all groups copies the whole repository once for each of them.
    loader = GlobalHydra.instance().config_loader()
    assert isinstance(loader, ConfigLoaderImpl)
    inside = loader.repository.get_group_options(parent, ObjectType.GROUP)
    names = [f"{parent}/{name}" if parent else name for name in sorted(inside)]
    own = [name for name in names if not name.startswith("hydra")]
    return [group for name in own for group in (name, *groups(name))]


def options(group: str) -> list[str]:
    """The options of a group."""
    return GlobalHydra.instance().config_loader().get_group_options(group, ObjectType.CONFIG)


def explained(error: Exception, overrides: list[str]) -> str:
    """The error of a composition as a sentence; its own words where nothing better is known."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, _, option = error.missing_cfg_file.rpartition("/")
        return f"{group}={option}: there is no such option; {choices(option, error.options or [])}"
    if isinstance(error, OverrideParseException):
        return f"'{error.override}' cannot be read: write key=value, with quotes around odd values"
    missing = re.search(r"Could not (?:override|append|delete)[^']*'([^']+)'", str(error))
    if missing:
        return missing_key(missing.group(1).lstrip("+~").partition("=")[0], overrides)
    if "Config group override must be a string" in str(error):
        return wrong_group_value(overrides)
    return str(error)


def missing_key(key: str, overrides: list[str]) -> str:
    """A key that the config does not have, beside the keys that its place does have."""
    if "@" in key:
        return f"{key}: there is no such place for a choice; {choices(key, PLACES)}"
    node, words = without_values(overrides), key.split(".")
    for depth, word in enumerate(words):
        if not isinstance(node, DictConfig):
            return f"{key}: {'.'.join(words[:depth])} is a single value and has no '{word}'"
        if word not in set(node):
            return absent(node, words[:depth], word)
        node = node._get_node(word)
    return f"{key} cannot be set: it is there already, so write it without '+'"


def absent(node: DictConfig, place: list[str], word: str) -> str:
    """A word that is no key of this place."""
    name = ".".join([*place, word])
    if word == "experiment":
        return "experiment: there is none yet; each experiments/<name>/experiment.yaml is one"
    if not place:
        return f"{name}: there is no such group or option; {choices(word, top_level(node))}"
    keys = [str(key) for key in node if not str(key).startswith("_")]
    return f"{name}: {'.'.join(place)} has no such option; {choices(word, keys)}"


def top_level(config: DictConfig) -> list[str]:
    """What may stand before the first dot of a command's word."""
    return [str(key) for key in config if key not in OPTIONAL_KEYS] + groups() + PLACES


def without_values(overrides: list[str]) -> DictConfig:
    """The config that the groups' choices alone make, or the default where they make none."""
    every = groups()
    chosen = [one for one in overrides if one.lstrip("+~").partition("=")[0] in every]
    try:
        return composition("config", chosen)
    except HydraException:
        return composition("config", [])


def composition(name: str, overrides: list[str]) -> DictConfig:
    """The config of these words, Hydra's own part included; to be read, not to be changed."""
    hydra = GlobalHydra.instance().hydra
    assert hydra is not None, "Hydra is not initialised"
    return composed_once(hydra, name, tuple(overrides))


@lru_cache(maxsize=64)
def composed_once(hydra: Hydra, name: str, overrides: tuple[str, ...]) -> DictConfig:
    """What Hydra composes; composing takes most of the time that a command line is checked in."""
    return compose(name, overrides=list(overrides), return_hydra_config=True)


def wrong_group_value(overrides: list[str]) -> str:
    """A number or null where a group wants the name of an option."""
    for override in overrides:
        group, _, value = override.partition("=")
        if group in groups() and value not in options(group):
            return f"{override}: there is no such option; {choices(value, options(group))}"
    return "a group was given a value that is no name of an option"


def refuse_unknown_keys(config: DictConfig, overrides: list[str]) -> None:
    """Refuse keys at the top level that no part of a run reads, and values in place of sections."""
    known = without_values(overrides)
    sections = {key for key in known if OmegaConf.is_dict(known._get_node(key))}
    for key in config:
        if key not in set(known) | OPTIONAL_KEYS:
            raise Refused(absent(known, [], str(key)))
        if key in sections and not OmegaConf.is_dict(config[key]):
            raise Refused(f"{key}={config[key]}: set the options of {key} one by one, {key}.…=")


def refuse_missing(config: DictConfig) -> None:
    """Refuse a config that leaves open what must be said."""
    for key, value in flattened(OmegaConf.to_container(config, resolve=False)):
        if value == "???" and not key.startswith("hydra."):
            last = ", or run=last for the newest run" if key == "run" else ""
            raise Refused(f"{key} is not set: add {key}=… to the command{last}")


def refuse_leaving(config: DictConfig) -> None:
    """Refuse a group or name under which a run would lie outside the folder of all runs."""
    for key in ("group", "name"):
        try:
            value = str(config[key])
        except OmegaConfBaseException as error:
            raise Refused(f"{key}: {str(error.msg).splitlines()[0]}") from error
        if {"", ".", ".."} & set(re.split(r"[\\/]", value)):
            raise Refused(
                f"{key}={value} is no name of a folder inside {ROOT}/: choose one without '..' and "
                "without '/' at its ends; hydra.run.dir=… puts a run elsewhere"
            )


def norm_of(words: str) -> DictConfig:
    """The node of the norm that these words of a command line choose."""
    return compose("config", overrides=words.split()).norm
