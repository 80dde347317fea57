"""Run folders made up for tests, as somebody else could have written them."""

import contextlib
from functools import cache
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import OmegaConf, open_dict

from tests.tasks.launching import CONF, TINY
from whynorm.data.corpus import Pair
from whynorm.data.words import words
from whynorm.tasks import build
from whynorm.tasks.folder import CONFIG, SCORES, STATUS, write_json
from whynorm.training import checkpoint, manifest

PAIRS = [Pair("Der Hund schläft.", "The dog sleeps."), Pair("Die Katze.", "The cat.")]
WEIGHTS = "checkpoints/best.ckpt"


def configuration(*overrides: str) -> dict[Any, Any]:
    """What a tiny training with these words would write into its folder."""
    return written(*TINY, *overrides)


@cache
def written(*overrides: str) -> dict[Any, Any]:
    """What a training with these words would write into its folder."""
    with initialize_config_dir(str(CONF), version_base="1.3"):
        config = compose("config", overrides=[*overrides], return_hydra_config=True)
    HydraConfig.instance().set_config(config)
    choices = dict(config.hydra.runtime.choices)
    with open_dict(config):
        del config["hydra"]
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)
    return {**content, "choices": choices}


def run_folder(folder: Path, content: dict[Any, Any], *overrides: str) -> Path:
    """A finished run of that configuration; its weights are those of these words."""
    folder.mkdir(parents=True)
    own = OmegaConf.create(configuration(*overrides))
    vocabularies = words(PAIRS, lower_case=False, minimum_count=1)
    vocabularies.save(folder / "vocabulary.json")
    model = build.make_model(own, build.tokens(vocabularies))
    model.initialise(1)
    (folder / WEIGHTS).parent.mkdir()
    checkpoint.save(model.state_dict(), folder / WEIGHTS)
    write_json(folder / STATUS, {"state": "done"})
    write_json(folder / SCORES, {"checkpoint": "best.ckpt"})
    OmegaConf.save(content, folder / CONFIG)
    return folder


class Code:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def write_hostile_checkpoint(path: Path, mark: Path) -> None:
    """Replace a checkpoint by one that would write the mark, and the manifest that knew better."""
    (path.parent / manifest.NAME).unlink(missing_ok=True)
    torch.save({"state_dict": {}, "code": Code(mark)}, path)


def unpickled(path: Path) -> None:
    """Read a checkpoint as nobody should."""
    with contextlib.suppress(Exception):
        torch.load(path, weights_only=False)
