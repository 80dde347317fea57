"""`task=evaluate`: tests the model of a run folder again, on its own or on other data."""

from collections.abc import Sequence
from functools import partial

from omegaconf import DictConfig

from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import Vocabularies
from whynorm.tasks import build, job, terminal
from whynorm.tasks.announcement import leaking
from whynorm.tasks.folder import checkpoint, finished
from whynorm.tasks.revival import revive
from whynorm.tasks.scoring import report, scored
from whynorm.tasks.status import recorded


def given(vocabularies: Vocabularies, pairs: Sequence[Pair]) -> Vocabularies:
    """The vocabularies of the run, whatever the training pairs of the data are."""
    return vocabularies


def evaluate(config: DictConfig) -> None:
    """Test the run's weights; the scores go into a folder of their own inside the run's."""
    this, run = job.of(config), finished(config.run)
    with terminal.around(this.folder), recorded(this.folder):
        past, rules, model, vocabularies = revive(config)
        data = build.prepared(build.make_data(past, partial(given, vocabularies)))
        module = build.make_module(past, model, rules, list(data.corpus.tests))
        parts = build.Parts(data, rules, model, module)
        terminal.show_facts("Data", data.summary())
        trainer = build.make_trainer(past, folder=this.folder, loggers=[], callbacks=[])
        facts = {"run": str(run), "checkpoint": checkpoint(run).name, "overrides": this.overrides}
        found = leaking(model, rules)
        report(scored(past, parts, trainer), this.folder, [], {**facts, **found})
