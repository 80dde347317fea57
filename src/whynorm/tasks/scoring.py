"""Testing a trained model: its loss, its translations, and their scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl
from omegaconf import DictConfig
from pytorch_lightning.loggers import Logger

from whynorm.decoding.scores import corpus_scores
from whynorm.tasks import terminal, tracking
from whynorm.tasks.announcement import announce
from whynorm.tasks.build import Parts, make_translator, searches
from whynorm.tasks.folder import SCORES, TRANSLATIONS, write_json, write_rows
from whynorm.training.sharding import gathered

SHOWN_SCORES = ("bleu", "chrf", "words_bleu", "exact_match")
MEASURED = ("loss", "perplexity", "accuracy")
SAMPLES = 3


class Scored(NamedTuple):
    """Scores by test set and kind, and rows of (test set, source, reference, translations …)."""

    scores: dict[str, dict[str, Any]]
    header: list[str]
    rows: list[list[str]]


def scored(config: DictConfig, parts: Parts, trainer: pl.Trainer) -> Scored:
    """Loss and translations of every test set; only the first process translates."""
    trainer.test(parts.module, datamodule=parts.data, verbose=False)
    measured = {name: float(value) for name, value in trainer.callback_metrics.items()}
    found = searches(config)
    result = Scored({}, ["test set", "source", "reference", *found], [])
    parts.model.to(trainer.strategy.root_device)
    with gathered(parts.module):
        if trainer.is_global_zero:
            for name in parts.data.corpus.tests:
                losses = {kind: measured[f"test/{name}/{kind}"] for kind in MEASURED}
                result.scores[name] = {**losses, **translate(config, parts, name, result.rows)}
    return result


def translate(
    config: DictConfig, parts: Parts, name: str, rows: list[list[str]]
) -> dict[str, dict[str, Any]]:
    """The scores of each search on one test set, whose translations are added to the rows."""
    pairs = parts.data.corpus.tests[name]
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    translations, scores = [], {}
    for kind, search in searches(config).items():
        translator = make_translator(
            config, parts.model, parts.rules, parts.data.vocabularies, search
        )
        translations.append(translator.translate(sources))
        lower = parts.data.vocabularies.lower_case
        scores[kind] = corpus_scores(translations[-1], references, lower_case=lower)
    texts = zip(sources, references, *translations, strict=True)
    rows.extend([name, *text] for text in texts)
    return scores


def report(result: Scored, folder: Path, loggers: Sequence[Logger], facts: dict[str, Any]) -> None:
    """Write, log and show what was found; `facts` say whether the decoder saw the answer."""
    write_json(folder / SCORES, {**facts, "test": result.scores})
    write_rows(folder / TRANSLATIONS, [result.header, *result.rows])
    for logger in loggers:
        logger.log_metrics(metrics(result.scores), step=facts.get("updates"))
        logger.save()
        tracking.log_translations(logger, [[*row[1:3], row[-1]] for row in result.rows[:20]])
    show(result)
    announce(facts)


def metrics(scores: dict[str, dict[str, Any]]) -> dict[str, float]:
    """The scores under names to log; `test/bleu` is the best search's on the first test set."""
    found: dict[str, float] = {}
    for name, kinds in scores.items():
        for kind, values in kinds.items():
            if isinstance(values, dict):
                named = {f"test/{name}/{kind}/{score}": values[score] for score in SHOWN_SCORES}
                found.update(named)
    first = next(iter(scores.values()))
    widest = last_search(first)
    best = {f"test/{score}": widest[score] for score in ("bleu", "chrf", "exact_match")}
    return {**found, **best, "test/loss": first["loss"]}


def last_search(kinds: dict[str, Any]) -> dict[str, Any]:
    """The scores of the widest search."""
    return [values for values in kinds.values() if isinstance(values, dict)][-1]


def show(result: Scored) -> None:
    """A table of all scores, and three sentences."""
    header = ["test set", "loss", "search", "BLEU", "chrF", "words BLEU", "exact match, %"]
    rows: list[list[Any]] = []
    for name, kinds in result.scores.items():
        for kind, values in kinds.items():
            if isinstance(values, dict):
                percent = [float(values[score]) for score in SHOWN_SCORES[:3]]
                rows.append([name, kinds["loss"], kind, *percent, 100 * values["exact_match"]])
    terminal.show_table("Scores", header, rows)
    terminal.show_samples([[*row[1:3], row[-1]] for row in result.rows[:SAMPLES]])
