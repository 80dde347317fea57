"""`task=compare experiment=all`: the sentences of the README, held against all experiments."""

from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from whynorm.results import claims_page, claims_table, evidence
from whynorm.results.claims import read
from whynorm.results.marks import between, marks, renewed
from whynorm.tasks import job
from whynorm.tasks.refusal import Refused, one_sentence
from whynorm.tasks.speech import require_language
from whynorm.tasks.terminal import say

FILE, SECTION = "claims.yaml", "claims"
PAGE, ANSWER = "report.html", "answer.md"


def claims(config: DictConfig) -> None:
    """Write the page and the table of claims; refused where an experiment no longer says so."""
    language = require_language(config.language)
    experiments = job.project() / "experiments"
    folder = experiments / str(HydraConfig.get().runtime.choices["experiment"])
    written = Path(HydraConfig.get().runtime.output_dir)
    try:
        found = read(folder / FILE)
        entries = evidence.answered(found, experiments, language)
        sources = evidence.sources(found, experiments)
    except ValueError as error:
        raise Refused(one_sentence(str(error))) from error
    claims_page.write(entries, sources, written / PAGE, experiments=experiments, language=language)
    table = claims_table.table(entries, language)
    (written / ANSWER).write_text(table + "\n", encoding="utf-8")
    for verdict, number in claims_page.counts(entries):
        say(f"{number} {claims_page.WORDS[verdict]}")
    say(f"report: {written / PAGE}")
    if config.publish is not None:
        publish(table, Path(config.publish))


def publish(table: str, readme: Path) -> None:
    """Put the table between its marks in a README; one without marks is refused."""
    begin, end = marks(SECTION)
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if between(text, SECTION) is None:
        raise Refused(
            f"publish={readme}: it has no {begin} with {end} behind it, between which the table "
            "is to stand; publish=README.md names the file that has"
        )
    readme.write_text(renewed(text, SECTION, table), encoding="utf-8")
    say(f"published: {readme}")
