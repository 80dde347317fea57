"""`task=probe`: measures what norms, masks and models see, and keeps table and pictures."""

import csv
import shutil
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pandas
import torch
from omegaconf import DictConfig, OmegaConf

from whynorm.data.datamodule import TranslationData
from whynorm.data.vocabulary import BEGIN, END, PAD, Vocabulary
from whynorm.probes.subject import Examined, Row, Subject, Unanswerable
from whynorm.results.marks import renewed
from whynorm.results.over_seeds import over_seeds
from whynorm.tasks import build, job, terminal
from whynorm.tasks.composition import norm_of
from whynorm.tasks.evaluate import given
from whynorm.tasks.folder import (
    STATUS,
    VERSIONS,
    configuration,
    read_json,
    write_json,
)
from whynorm.tasks.refusal import Refused
from whynorm.tasks.revival import revive, revived
from whynorm.tasks.status import recorded
from whynorm.tasks.sweep import finished_runs
from whynorm.tasks.versions import versions

TABLE, MEANS = "results.csv", "means.md"
MARKS = {PAD: "<pad>", BEGIN: "<begin>", END: "<end>"}
FOUND = (".csv", ".svg", ".png", ".md")


def probe(config: DictConfig) -> None:
    """Ask the probe; what it finds goes to a folder of its own, and to `publish` if that is set."""
    this = job.of(config)
    with terminal.around(this.folder), recorded(this.folder):
        if config.threads is not None:
            torch.set_num_threads(config.threads)
        rows = of_one(config, this, this.folder) if config.runs is None else of_sweep(config, this)
        write_table(rows, this.folder / TABLE)
        if config.runs is None:
            show(this.choices["probe"] or "probe", rows, this.folder)
        else:
            terminal.say((this.folder / MEANS).read_text(encoding="utf-8"))
        if config.publish is not None:
            publish(this.folder, Path(config.publish))


def of_one(config: DictConfig, this: job.Job, folder: Path) -> list[Row]:
    """What the probe says of a run, or of this configuration; the folder tells of what it was."""
    chosen = config if config.run is None else revived(config)
    subject = make_subject(config, chosen, title(config, this))
    terminal.show_facts("Subject", {"run": config.run, "norm": subject.title})
    rows = asked(config, subject, folder)
    facts = versions(seed=config.seed, data_sha256=None, overrides=this.overrides)
    content = OmegaConf.to_container(chosen, resolve=True)
    write_json(folder / VERSIONS, {**facts, "run": config.run, "config": content})
    return rows


def of_sweep(config: DictConfig, this: job.Job) -> list[Row]:
    """What the probe says of every run of a sweep that is done, under what was swept; and means.

    Each run has a folder of its own for its pictures.
    """
    done = finished_runs(Path(config.runs))
    rows: list[Row] = []
    for place, swept in done:
        folder = this.folder / place.name
        folder.mkdir()
        one = OmegaConf.merge(config, {"run": str(place)})
        assert isinstance(one, DictConfig)
        rows += [beside(swept, row) for row in of_one(one, this, folder)]
    frame, swept = pandas.DataFrame(rows), list(done[0][1])
    refuse_unknown(config.averaged, [str(name) for name in frame if name not in swept])
    means = over_seeds(frame, swept, config.averaged)
    (this.folder / MEANS).write_text(means, encoding="utf-8")
    return rows


def beside(swept: dict[str, str], row: Row) -> Row:
    """What was swept and what the probe says; `(probed)` tells columns of one name apart."""
    return {**swept, **{f"{k} (probed)" if k in swept else k: v for k, v in row.items()}}


def refuse_unknown(averaged: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse to average over what the probe does not tell of."""
    for name in averaged:
        if name not in columns:
            told = ", ".join(columns)
            raise Refused(f"averaged={name}: the probe has no such column; it has {told}")


def asked(config: DictConfig, subject: Subject, folder: Path) -> list[Row]:
    """What the probe answers; a question that it cannot answer is refused."""
    try:
        return build.made(config.probe)(subject, folder)
    except Unanswerable as error:
        raise Refused(str(error)) from error


def make_subject(config: DictConfig, chosen: DictConfig, title: str) -> Subject:
    """What the probe may ask for: norms at once, model and data when it asks.

    `chosen` is the configuration of the run that is examined, or this one.
    """
    norm, decoder_norm = build.made(chosen.norm), chosen.get("decoder_norm")
    return Subject(
        title=title,
        norm=norm,
        decoder_norm=build.made(decoder_norm) if decoder_norm else norm,
        rules=build.made(chosen.mask),
        fill=build.made(chosen.mask_fill),
        d_model=chosen.model.d_model,
        examined=partial(examined, config),
        norm_of=lambda words: build.made(norm_of(words)),
    )


def title(config: DictConfig, this: job.Job) -> str:
    """The norms as they were chosen for what is examined, with what was said of them."""
    choices, overrides = this.choices, list(this.overrides)
    if config.run is not None:
        commanded = "norm" in {word.partition("=")[0] for word in overrides}
        choices = choices if commanded else dict(configuration(Path(config.run)).choices)
        overrides = [*read_json(Path(config.run) / STATUS).get("overrides", []), *overrides]
    said = [word.removeprefix("norm.") for word in overrides if word.startswith("norm.")]
    decoder = choices.get("norm@decoder_norm")
    return " ".join([str(choices["norm"]), *said]) + (f" (decoder: {decoder})" if decoder else "")


def examined(config: DictConfig) -> Examined:
    """The model with some of its data: a run's, or this configuration's at its first weights."""
    if config.run is None:
        data, rules, model, _ = build.build(config)
        vocabularies = data.vocabularies
    else:
        past, rules, model, vocabularies = revive(config)
        data = build.prepared(build.make_data(past, partial(given, vocabularies)))
    return Examined(
        model,
        rules,
        some(data, "validation", config.examined_batches),
        some(data, "train", config.examined_batches),
        partial(pieces, vocabularies.source),
        partial(pieces, vocabularies.target),
    )


def some(data: TranslationData, split: str, count: int) -> list[Any]:
    """The first batches of a split, padded as in training."""
    return list(islice(data.as_trained(split), count))


def pieces(vocabulary: Vocabulary, ids: Sequence[int]) -> list[str]:
    """The text of each id by itself."""
    return [MARKS.get(token) or vocabulary.decode([token]) for token in ids]


def write_table(rows: Sequence[Row], path: Path) -> None:
    """Write the rows with their names above them."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def show(name: str, rows: Sequence[Row], folder: Path) -> None:
    """Print the table, and the names of the pictures."""
    terminal.show_rows(name, rows)
    pictures = sorted(path.name for path in folder.iterdir() if path.suffix == ".png")
    if pictures:
        terminal.say(f"pictures: {', '.join(pictures)}")


def publish(folder: Path, place: Path) -> None:
    """Copy what was found; means go between the marks with the name of `place` in the README above.

    So `experiments/decoder_leak/foresight` fills `<!-- foresight -->` of that experiment's README.
    """
    place.mkdir(parents=True, exist_ok=True)
    for path in sorted(folder.iterdir()):
        if path.suffix in FOUND:
            shutil.copy(path, place)
    means, readme = folder / MEANS, place.parent / "README.md"
    if means.exists() and readme.exists():
        text = readme.read_text(encoding="utf-8")
        said = means.read_text(encoding="utf-8")
        readme.write_text(renewed(text, place.name, said), encoding="utf-8")
