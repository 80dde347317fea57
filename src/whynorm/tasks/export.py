"""`task=export`: a run's model for CTranslate2, with its batch norms folded, or as safetensors."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from whynorm.data.batch import Batch
from whynorm.decoding.search import longest
from whynorm.export import acceptance, agreement, guide
from whynorm.export.folding import Folding, fold
from whynorm.norms.none import NoNorm
from whynorm.tasks import folder as folders
from whynorm.tasks import terminal
from whynorm.tasks.folder import CHECKPOINTS, CONFIG, SCORES, STATUS, VERSIONS, VOCABULARY
from whynorm.tasks.refusal import Refused
from whynorm.tasks.revival import Revived, revive
from whynorm.training import checkpoint

INSTALL = "pip install -e '.[export]' -c constraints.txt"
CTRANSLATE, FOLDED, README, WEIGHTS = "ctranslate2", "folded", "README.md", "folded.ckpt"
SAFETENSORS = "safetensors"
# What the command says of the export and not of the run.
OWN = ("task", "run", "output", "format")
NONE = {
    "_target_": f"{NoNorm.__module__}.{NoNorm.__qualname__}",
    "_partial_": True,
    "weight": False,
    "bias": False,
}


def export(config: DictConfig) -> None:
    """Write a folder that CTranslate2 reads or, where batch norms fold, another run folder.

    With `format=safetensors`, a folder of the weights instead.
    """
    if config.format not in (None, SAFETENSORS):
        raise Refused(
            f"format={config.format}: there is no such format; choose {SAFETENSORS} or null"
        )
    run = folders.finished(config.run)
    revived = revive(config)
    revived.model.eval()
    try:
        if config.format == SAFETENSORS:
            to_safetensors(revived, run, place(config, run, SAFETENSORS))
        elif acceptance.supports(revived.model):
            to_ctranslate(revived, run, place(config, run, CTRANSLATE))
        else:
            to_folded(revived, run, place(config, run, FOLDED))
    except ValueError as error:
        raise Refused(str(error)) from error


def place(config: DictConfig, run: Path, kind: str) -> Path:
    """The folder to write, which is not there yet."""
    found = run / "export" / kind if config.output is None else Path(str(config.output))
    if found.exists():
        raise Refused(f"{found} is there already; remove it, or name another folder: output=…")
    return found


def to_ctranslate(revived: Revived, run: Path, folder: Path) -> None:
    """Write the model for CTranslate2, with what is needed to translate text with it."""
    acceptance.require(revived.model, revived.rules)
    try:
        from whynorm.export import ctranslate
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    bounds = limits(revived)
    with whole(folder) as unfinished:
        model, rules, vocabularies = revived.model, revived.rules, revived.vocabularies
        ctranslate.write(model, rules, vocabularies, unfinished, reach=bounds.target)
        vocabularies.save(unfinished / VOCABULARY)
        (unfinished / README).write_text(guide.page(str(run), bounds), encoding="utf-8")
        far = agreement.difference(model, rules, lambda batch: ctranslate.scores(unfinished, batch))
    terminal.show_facts(
        "Exported", {"for CTranslate2": folder, "largest difference": far, "to use it": README}
    )


def to_safetensors(revived: Revived, run: Path, folder: Path) -> None:
    """Write the weights, with the vocabularies and the configuration that they belong to."""
    try:
        from whynorm.export import weights
    except ModuleNotFoundError as error:
        raise lacking(error) from error
    with whole(folder) as unfinished:
        weights.write(revived.model.state_dict(), unfinished)
        revived.vocabularies.save(unfinished / VOCABULARY)
        shutil.copyfile(run / CONFIG, unfinished / CONFIG)
    terminal.show_facts("Exported", {"weights": folder / weights.FILE})


def lacking(error: ModuleNotFoundError) -> Refused:
    """The refusal of an export that wants a package which is not there."""
    return Refused(f"task=export writes this with {error.name}, which is not installed: {INSTALL}")


def limits(revived: Revived) -> guide.Limits:
    """How this run's own translations are bounded."""
    config, embedding = revived.config, revived.model.embedding
    source: int = config.data.maximum_length
    target: int = source + config.decoding.extra_tokens
    reached = longest(embedding.source_positions), longest(embedding.target_positions)
    source, target = (
        bound if most is None else min(bound, most)
        for bound, most in zip((source, target), reached, strict=True)
    )
    return guide.Limits(config.decoding.beam, source, target)


def to_folded(revived: Revived, run: Path, folder: Path) -> None:
    """Write the model without its batch norms as a run folder of its own."""
    folding = fold(revived.model)

    def score(batch: Batch) -> agreement.Scores:
        return agreement.scores(folding.model, revived.rules, batch)

    far = agreement.difference(revived.model, revived.rules, score)
    with whole(folder) as unfinished:
        write_run(unfinished, revived, run, folding)
    terminal.show_facts(
        "Folded",
        {
            "norms": f"{folding.norms}, of the {' and the '.join(folding.stacks)}",
            "output projection": "untied" if folding.untied else "as it was",
            "largest difference": far,
            "to use it": f"run={folder}",
        },
    )


def write_run(folder: Path, revived: Revived, run: Path, folding: Folding) -> None:
    """The files by which other tasks know a run."""
    (folder / CHECKPOINTS).mkdir()
    checkpoint.save(folding.model.state_dict(), folder / CHECKPOINTS / WEIGHTS)
    revived.vocabularies.save(folder / VOCABULARY)
    shutil.copyfile(run / VERSIONS, folder / VERSIONS)
    folders.write_json(folder / SCORES, {"checkpoint": WEIGHTS})
    folders.write_json(folder / STATUS, {"state": "done", "folded": str(run)})
    OmegaConf.save(
        folded_config(revived.config, folders.configuration(run), folding), folder / CONFIG
    )
    # run=last is to be the run itself, which was begun before it was exported.
    before = (run / CONFIG).stat().st_mtime - 1
    os.utime(folder / CONFIG, (before, before))


def folded_config(now: DictConfig, past: DictConfig, folding: Folding) -> DictConfig:
    """The run's configuration, with no norm where there is none any more."""
    resolved = OmegaConf.to_container(now, resolve=True)
    assert isinstance(resolved, dict)
    content: dict[str, Any] = {str(k): v for k, v in resolved.items() if k in past and k not in OWN}
    content["task"], choices = past.task, dict(past.choices)
    norms = {"encoder": content["norm"], "decoder": content.get("decoder_norm") or content["norm"]}
    norms |= dict.fromkeys(folding.stacks, NONE)
    content["norm"], content["decoder_norm"] = norms["encoder"], norms["decoder"]
    if folding.untied:
        content["model"]["embedding"]["tied"] = False
    for stack, key in {"encoder": "norm", "decoder": "norm@decoder_norm"}.items():
        if stack in folding.stacks:
            choices[key] = "none"
    choices["norm@decoder_norm"] = choices.get("norm@decoder_norm") or past.choices.norm
    return OmegaConf.create({**content, "choices": choices})


@contextmanager
def whole(folder: Path) -> Iterator[Path]:
    """A folder to write into that gets its name once all is well, and goes away if not."""
    unfinished = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        unfinished.mkdir(parents=True)
        yield unfinished
        unfinished.rename(folder)
    except OSError as error:
        raise Refused(f"{folder} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
