"""The command line, checked before Hydra makes a folder: every arm composes, or one sentence."""

from copy import deepcopy
from pathlib import Path

from hydra import initialize_config_dir
from hydra._internal.utils import get_args
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from whynorm.tasks.axes import Bundles, expanded, planned
from whynorm.tasks.composition import (
    composition,
    explained,
    refuse_leaving,
    refuse_missing,
    refuse_unknown_keys,
)
from whynorm.tasks.folder import newest
from whynorm.tasks.launch import reads
from whynorm.tasks.mode import is_further_process, refuse_mode, refuse_sweep
from whynorm.tasks.refusal import Refused, one_sentence
from whynorm.tasks.resumption import unfinished
from whynorm.tasks.store import share

MOST_COMBINATIONS = 16
MULTIRUN = ("-m", "--multirun")
# What a command says that can change which labels there are.
CHOOSING = ("experiment", "hydra.searchpath", "hydra/sweeper")


def register_experiments(folder: Path) -> None:
    """Offer each `<folder>/<name>/experiment.yaml` as `experiment=<name>`, grouped by its name."""
    share()
    for path in sorted(folder.glob("*/experiment.yaml")):
        node = OmegaConf.load(path)
        assert isinstance(node, DictConfig), f"{path} holds no mapping"
        node.setdefault("group", path.parent.name)
        ConfigStore.instance().store(
            group="experiment", name=path.parent.name, node=node, package="_global_"
        )


def checked(arguments: list[str], conf: Path) -> list[str]:
    """The arguments, ready for Hydra, once each arm that they ask for could be built.

    Raises Refused otherwise. Questions to Hydra (`--help`, `--info`) pass unchecked, and so do the
    further processes of a parallel run, whose first process is checked.
    """
    arguments = sorted(arguments, key=lambda word: word not in MULTIRUN)  # wherever it stood
    options = get_args(arguments)
    questions = (options.help, options.hydra_help, options.info, options.shell_completion)
    if any(questions):
        return arguments
    if options.cfg is not None and options.multirun:
        raise Refused("--cfg shows the configuration of one job; leave out -m and sweep nothing")
    overrides = [newest_run_named(override) for override in options.overrides]
    name = options.config_name or "config"
    with initialize_config_dir(str(conf), version_base="1.3", job_name="run"):
        overrides = [*searched(options.config_dir), *overrides]
        bundles = bundles_of(name, overrides)
        if not is_further_process():
            every = arms(name, overrides, options.multirun, bundles)
            configs = [composed(name, arm) for arm in every]
            for config, arm in zip(configs, every, strict=True):
                refuse_unknown_keys(config, arm)
                refuse_missing(config)
                HydraConfig.instance().set_config(config)
                refuse_leaving(config)
            if options.cfg is None:
                refuse_mode(overrides, configs, options.multirun)
                rehearse_all([config for config in configs if not reads(config)], options.multirun)
                if not options.multirun:
                    arguments = [*arguments, *unfinished_named(configs[0], overrides)]
        return [
            newest_run_named(one)
            for argument in arguments
            for one in understood(argument, bundles, options.multirun)
        ]


def understood(argument: str, bundles: Bundles, multirun: bool) -> list[str]:
    """The argument as Hydra reads it, which knows nothing of labels."""
    key, _, label = argument.partition("=")
    if key not in bundles:
        return [argument]
    if not multirun:
        return expanded(parse([argument]), bundles)
    # As a sweep, for it reaches the sweeper then without being looked for in the config.
    return [argument if parse([argument])[0].is_sweep_override() else f"{key}=choice({label})"]


def searched(folder: str | None) -> list[str]:
    """What makes `--config-dir` count while the command line is checked."""
    return [f"hydra.searchpath=[file://{Path(folder).resolve()}]"] if folder else []


def newest_run_named(argument: str) -> str:
    """The argument, with the newest run's folder in place of `run=last`."""
    return f"run={newest()}" if argument == "run=last" else argument


def unfinished_named(config: DictConfig, overrides: list[str]) -> list[str]:
    """The folder of a training that was stopped and that this command asks for again, if any."""
    if "resume" not in config or config.resume.anew:
        return []
    place = Path(HydraConfig.get().run.dir)
    if any(override.startswith("hydra.run.dir=") for override in overrides):
        return []
    found = unfinished(config, place.parent)
    return [f"hydra.run.dir='{found}'"] if found else []


def rehearse_all(configs: list[DictConfig], multirun: bool) -> None:
    """Build what each arm is made of; torch is imported only here, where there is a need.

    Not the hardware, where the arms are for the machines of a queue.
    """
    if not configs:
        return
    from whynorm.tasks.rehearsal import rehearse

    for config in configs:
        HydraConfig.instance().set_config(config)
        here = not multirun or config.hydra.launcher.get("cluster") != "slurm"
        with open_dict(config):
            del config["hydra"]
        rehearse(config, here=here)


def arms(name: str, overrides: list[str], multirun: bool, bundles: Bundles) -> list[list[str]]:
    """The overrides of each arm that is checked before any of them begins."""
    given = parse(overrides)
    if not multirun:
        refuse_sweep([override for override in given if override.is_sweep_override()])
        return [expanded(given, bundles)]
    params = sweeper(name, overrides).get("params") or {}
    swept = parse([f"{key}={value}" for key, value in params.items()])
    return planned(given, swept, bundles).sample(MOST_COMBINATIONS)


def bundles_of(name: str, overrides: list[str]) -> Bundles:
    """The labels of the experiment that is asked for; none where there is none."""
    return sweeper(name, overrides).get("bundles") or {}


def sweeper(name: str, overrides: list[str]) -> DictConfig:
    """Hydra's sweeper as the experiment sets it, whatever else is overridden."""
    chosen = [
        one.input_line or ""
        for one in parse(overrides)
        if one.get_key_element() in CHOOSING and not one.is_sweep_override()
    ]
    return read_only(name, chosen).hydra.sweeper


def parse(overrides: list[str]) -> list[Override]:
    """The overrides as Hydra reads them."""
    try:
        loader = GlobalHydra.instance().config_loader()
        return OverridesParser.create(config_loader=loader).parse_overrides(overrides)
    except HydraException as error:
        raise Refused(explained(error, overrides)) from error


def composed(name: str, overrides: list[str]) -> DictConfig:
    """The config of one arm, Hydra's own part included."""
    return deepcopy(read_only(name, overrides))


def read_only(name: str, overrides: list[str]) -> DictConfig:
    """The config of these words, which others read too."""
    try:
        return composition(name, overrides)
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise Refused(one_sentence(explained(error, overrides))) from error
