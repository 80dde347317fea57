"""A run folder brought back to life: its configuration, its vocabulary, its weights."""

from pathlib import Path
from typing import NamedTuple

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from whynorm.data.vocabulary import Vocabularies
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.tasks import build
from whynorm.tasks.folder import VOCABULARY, checkpoint, configuration
from whynorm.tasks.refusal import Refused
from whynorm.tasks.trust import refuse_untrusted
from whynorm.training import checkpoint as checkpoints

# Of these a finished run has only one, whatever the command says.
FIXED = {"vocabulary", "training", "seed", "optimizer", "schedule", "experiment"}
# What a finished training has no more use for.
TRAINING_ONLY = ("choices", "resume")
# Plain sections, which have grown since older runs were trained.
SECTIONS = ("training", "decoding")


class Revived(NamedTuple):
    """A trained model with what it needs to translate."""

    config: DictConfig
    rules: Rules
    model: Transformer
    vocabularies: Vocabularies


def revived(config: DictConfig) -> DictConfig:
    """The run's configuration, with what the command line says otherwise.

    A group named there is replaced whole, a value alone. What an older run does not know of is
    as it is today. What it asks to be made and conf/ does not name is refused.
    """
    past = configuration(Path(config.run))
    for name in TRAINING_ONLY:
        past.pop(name, None)
    for key in ["task", *commanded(), *(key for key in config if key not in past)]:
        if key.split(".")[0] in FIXED:
            raise Refused(f"{key} belongs to the training of run={config.run} and stays as it was")
        value = OmegaConf.select(config, key)
        OmegaConf.update(past, key, value, merge=False, force_add=True)
    for name in SECTIONS:
        past[name] = OmegaConf.merge(config[name], past[name])
    refuse_untrusted(past, config)
    return past


def commanded() -> list[str]:
    """The keys that the command line sets; `norm@decoder_norm` sets `decoder_norm`."""
    keys = [
        override.lstrip("+~").partition("=")[0] for override in HydraConfig.get().overrides.task
    ]
    return [key.rpartition("@")[2].replace("/", ".") for key in keys]


def revive(config: DictConfig) -> Revived:
    """The run's model with its weights, ready to translate."""
    folder, past = Path(config.run), revived(config)
    build.made(past.vocabulary)  # imports the user's own kind of vocabulary, which a file cannot
    try:
        vocabularies = Vocabularies.load(folder / VOCABULARY)
        model = build.make_model(past, build.tokens(vocabularies))
        checkpoints.load(model, checkpoint(folder))
    except ValueError as error:
        raise Refused(str(error)) from error
    return Revived(past, build.made(past.mask), model, vocabularies)
