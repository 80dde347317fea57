"""`task=compare`: from a sweep's run folders to tables, figures, a page, and an answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from whynorm.results import fairness, findings, table
from whynorm.results.language import ENGLISH
from whynorm.results.publication import differing, publish
from whynorm.results.runs import Question, Run
from whynorm.results.tuned import Tuned
from whynorm.tasks.axes import ARM, SEED
from whynorm.tasks.refusal import Refused, choices, one_sentence
from whynorm.tasks.speech import require_language
from whynorm.tasks.terminal import say
from whynorm.tasks.tuning import RECORD, TRIALS

MOST = 5
PROBES = "probes"  # what was published there is shown in the report
# What changes how long a training goes on; an arm that sweeps it has other updates than others.
LENGTHS = {
    "training",
    "training.updates",
    "training.epochs",
    "training.accumulate",
    "batches",
    "batches.sentences_per_batch",
    "batches.tokens_per_batch",
    "data",
    "data.corpus.pairs",
    "data.epochs",
}
DEFAULTS: dict[str, Any] = {
    "claims": [],
    "factor": None,
    "metric": "bleu",
    "beside": ["test_loss", "exact_match"],
    "margin": 1.0,
    "also_differ": [],
    "observed": {},
    "not_shown": "Nobody wrote down what this sweep does not show.",
}


def compare(config: DictConfig) -> None:
    """Write the report of a sweep; runs that cannot be compared are refused before."""
    language = require_language(config.language)
    place = Path(config.sweep)
    runs = read(place)
    section = {**DEFAULTS, **(config.compare or {})}
    question = asked(str(config.group), section, runs)
    tuned = trials(place, runs)
    refuse_unfair(runs, question, tuned, section["also_differ"], place)
    drawn = sorted((place / PROBES).rglob("*.svg"))
    written = Path(HydraConfig.get().runtime.output_dir)
    try:
        found = findings.made(question, runs, tuned=tuned, pictures=drawn)
        findings.write(found, written, language)
    except ValueError as error:
        raise Refused(f"{place}: {one_sentence(str(error))}") from error
    show(found, written)
    advise(language)
    if config.publish is not None:
        publish(written, Path(config.publish))
        say(f"published: {config.publish}")


def read(place: Path) -> list[Run]:
    """The runs of the sweep; refused where there are none yet."""
    try:
        runs = table.sweep(place)
    except ValueError as error:
        raise Refused(f"{error}; run it first: python run.py -m experiment=NAME") from error
    if not any(run.scores for run in runs):
        raise Refused(f"{place}: none of its {len(runs)} runs has come to a result yet")
    return runs


def asked(name: str, section: Mapping[str, Any], runs: Sequence[Run]) -> Question:
    """The question of the experiment; for a sweep without one, whether the first axis matters."""
    keys = [key for key in runs[0].swept if key != SEED]
    if not keys:
        raise Refused(f"{name}: only the seed was swept, there is nothing to compare")
    contrast = section.get("contrast") or (ARM if ARM in keys else keys[0])
    if contrast not in keys:
        raise Refused(f"compare.contrast={contrast} was not swept; {choices(contrast, keys)}")
    values = list(dict.fromkeys(run.swept[contrast] for run in runs))
    baseline = str(section.get("baseline") or values[0])
    if baseline not in values:
        raise Refused(f"compare.baseline={baseline} has no run; {choices(baseline, values)}")
    return Question(
        name,
        section.get("question") or f"Does {contrast} matter?",
        list(section["claims"]),
        contrast,
        baseline,
        section["factor"],
        section["metric"],
        list(section["beside"]),
        float(section["margin"]),
        section["not_shown"],
        dict(section["observed"]),
    )


def refuse_unfair(
    runs: Sequence[Run],
    question: Question,
    tuned: Tuned | None,
    allowed: Sequence[str],
    place: Path,
) -> None:
    """Refuse runs that differ elsewhere than in what was swept, and say where."""
    found_by_trial = [tuned.key] if tuned else []
    keys = {axis: overridden(axis) for axis in runs[0].swept}
    keys = {axis: own if axis == SEED else own + found_by_trial for axis, own in keys.items()}
    found = [one.sentence() for one in fairness.unfair(runs, keys, allowed)]
    found += fairness.different_data(runs)
    if not {*keys[question.contrast], *allowed} & LENGTHS:
        found += fairness.unequal(runs, question.contrast)
    if found:
        more = f" (and {len(found) - MOST} more)" if len(found) > MOST else ""
        raise Refused(
            f"{place}: its runs cannot be compared, for they differ in more than was swept: "
            f"{one_sentence('; '.join(found[:MOST]))}{more}. Run the sweep again with one setting, "
            "or name in compare.also_differ what is meant to differ"
        )


def overridden(axis: str) -> list[str]:
    """The keys that the labels of an axis override: those of its bundle, or its own name."""
    bundles = HydraConfig.get().sweeper.get("bundles") or {}
    every = [one for overrides in bundles.get(axis, {}).values() for one in overrides]
    return list(dict.fromkeys(one.partition("=")[0].lstrip("+~") for one in every)) or [axis]


def trials(place: Path, runs: Sequence[Run]) -> Tuned | None:
    """How the arms' learning rates were found; None where they were not, refused where in part."""
    every = {bool(run.config.get("tune")) for run in runs if run.config}
    if len(every) > 1:
        raise Refused(f"{place}: some of its runs were tuned and some were not; run all with one")
    try:
        return Tuned.read(place / RECORD, place / TRIALS) if every == {True} else None
    except ValueError as error:
        raise Refused(str(error)) from error


def advise(language: str) -> None:
    """Say what to install where figures could not be drawn in the language."""
    if language == ENGLISH:
        return
    from whynorm.results import fonts  # not for English, for which nothing need be looked up

    if not fonts.has_letters_of(language):
        say(f"  mind: language={language}: {fonts.ADVICE}")


def show(found: findings.Findings, written: Path) -> None:
    """Print the answer, and where the rest is."""
    for sentence in found.report.answers:
        say(sentence)
    for warning in found.report.warnings:
        say(f"  mind: {warning}")
    for sentence in differing(written, Path("experiments") / found.report.question.name):
        say(sentence)
    say(f"report: {written / findings.PAGE}")
