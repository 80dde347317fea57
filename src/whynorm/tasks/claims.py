"""`task=compare experiment=all`: the sentences of the README, held against all experiments."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from whynorm.results import (
    boundary,
    boundary_figure,
    claims_page,
    claims_table,
    evidence,
    fonts,
)
from whynorm.results.boundary import Map, Place
from whynorm.results.claims import read
from whynorm.results.marks import between, marks, renewed
from whynorm.tasks import job
from whynorm.tasks.refusal import Refused, one_sentence
from whynorm.tasks.speech import require_language
from whynorm.tasks.terminal import say

FILE, SECTION = "claims.yaml", "claims"
PAGE, ANSWER = "report.html", "answer.md"
MAP_FILE, MAP = "map.yaml", "map"


def claims(config: DictConfig) -> None:
    """Write page, table and map of claims; refused where an experiment no longer says so."""
    language = require_language(config.language)
    experiments = job.project() / "experiments"
    folder = experiments / str(HydraConfig.get().runtime.choices["experiment"])
    written = Path(HydraConfig.get().runtime.output_dir)
    try:
        found = read(folder / FILE)
        asked = boundary.read(folder / MAP_FILE)
        places = boundary.places(asked, experiments)
        entries = evidence.answered(found, experiments, language)
        sources = evidence.sources(found, experiments)
    except ValueError as error:
        raise Refused(one_sentence(str(error))) from error
    if config.publish is not None:
        require_marks(Path(config.publish))
    table = claims_table.table(entries, language)
    (written / ANSWER).write_text(table + "\n", encoding="utf-8")
    write_map(asked, places, written, language)
    if config.publish is not None:
        publish(table, written, Path(config.publish), folder.name)
    claims_page.write(entries, sources, written / PAGE, experiments=experiments, language=language)
    for verdict, number in claims_page.counts(entries):
        say(f"{number} {claims_page.WORDS[verdict]}")
    say(f"report: {written / PAGE}")


def write_map(asked: Map, places: Sequence[Place], folder: Path, language: str) -> None:
    """Write the map of conditions as a table and a picture.

    Where no font has the letters of the language, the picture is an .svg alone.
    """
    told = boundary.markdown(asked, places)
    (folder / f"{MAP}.md").write_text(told + "\n", encoding="utf-8")
    with fonts.lettered(language):
        boundary_figure.draw(asked, places, folder / MAP, language)
    if not fonts.has_letters_of(language):
        (folder / f"{MAP}.png").unlink()


def require_marks(readme: Path) -> None:
    """Refuse a README without marks, before anything is written."""
    begin, end = marks(SECTION)
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    if between(text, SECTION) is None:
        raise Refused(
            f"publish={readme}: it has no {begin} with {end} behind it, between which the table "
            "is to stand; publish=README.md names the file that has"
        )


def publish(table: str, written: Path, readme: Path, name: str) -> None:
    """Put the table between its marks in a README, and the map beside the claims of its project."""
    text = readme.read_text(encoding="utf-8")
    readme.write_text(renewed(text, SECTION, table), encoding="utf-8")
    say(f"published: {readme}")
    beside = readme.parent / "experiments" / name
    if beside.is_dir():
        publish_map(written, beside)


def publish_map(written: Path, folder: Path) -> None:
    """Put the map into a folder: its picture, and its table between the marks of the README."""
    for picture in (written / f"{MAP}.svg", written / f"{MAP}.png"):
        if picture.exists():
            shutil.copy(picture, folder)
    readme, told = folder / evidence.README, (written / f"{MAP}.md").read_text(encoding="utf-8")
    readme.write_text(renewed(readme.read_text(encoding="utf-8"), MAP, told), encoding="utf-8")
    say(f"published: {folder}")
