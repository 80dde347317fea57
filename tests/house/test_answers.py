"""What experiments/ says in prose and pictures is what its tables say."""

from pathlib import Path
from typing import Any

import pandas
import pytest
import yaml

from tests.house.source import ROOT
from whynorm.results.cells import conditions
from whynorm.results.findings import COMPARISONS, SUMMARY, TABLE
from whynorm.results.markdown import grid
from whynorm.results.marks import between
from whynorm.results.over_seeds import over_seeds
from whynorm.results.runs import Question
from whynorm.results.statistics import comparisons, summary
from whynorm.results.verdict import headline
from whynorm.tasks.compare import DEFAULTS

FOLDERS = sorted(path.parent for path in (ROOT / "experiments").glob(f"*/{COMPARISONS}"))
each = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
PROBED = sorted((ROOT / "experiments").glob("*/*/means.md"))
BOOTSTRAP = ["sentences_p", "sentences_for"]


def question(folder: Path) -> Question:
    """What the experiment asks."""
    content: dict[str, Any] = yaml.safe_load((folder / "experiment.yaml").read_text())
    section = {**DEFAULTS, **content["compare"]}
    return Question(folder.name, **{key: section[key] for key in Question._fields[1:]})


def table(folder: Path) -> pandas.DataFrame:
    """The experiment's runs, what was swept as text."""
    frame = pandas.read_csv(folder / TABLE)
    swept = list(frame.columns[: list(frame.columns).index("state")])
    return frame.astype(dict.fromkeys(swept, str))


def kept(folder: Path, name: str) -> pandas.DataFrame:
    """A table of the experiment, what was swept as text."""
    frame = pandas.read_csv(folder / name, keep_default_na=True)
    keys = [question(folder).contrast, *conditions(table(folder), question(folder))]
    return frame.astype(dict.fromkeys([key for key in keys if key in frame], str))


@each
def test_the_summary_follows_from_the_runs(folder: Path) -> None:
    found = summary(table(folder), question(folder))
    pandas.testing.assert_frame_equal(found, kept(folder, SUMMARY), check_dtype=False)


@each
def test_the_comparisons_follow_from_the_runs(folder: Path) -> None:
    found = comparisons(table(folder), question(folder))
    written = kept(folder, COMPARISONS).drop(columns=BOOTSTRAP)
    written["warning"] = written["warning"].astype(object).fillna("")
    pandas.testing.assert_frame_equal(found, written, check_dtype=False)


@each
def test_the_readme_gives_the_answer_and_the_table_that_follow(folder: Path) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    asked, runs = question(folder), table(folder)
    assert headline(asked, comparisons(runs, asked)) in readme
    assert grid(summary(runs, asked), asked) in readme


@each
def test_every_run_is_of_one_state_of_the_code(folder: Path) -> None:
    readme = (folder / "README.md").read_text(encoding="utf-8")
    [commit] = [word for word in readme.split("; ") if word.startswith("commit ")]
    assert len(commit.split()) == 2 and not commit.endswith("*")


@each
def test_a_main_result_has_five_seeds(folder: Path) -> None:
    assert min(list(kept(folder, SUMMARY)["seeds"])) >= 5


@pytest.mark.parametrize("path", PROBED, ids=lambda path: f"{path.parts[-3]}-{path.parts[-2]}")
def test_the_readme_gives_the_means_of_what_was_probed(path: Path) -> None:
    readme = (path.parent.parent / "README.md").read_text(encoding="utf-8")
    frame = pandas.read_csv(path.parent / TABLE)
    told = path.read_text(encoding="utf-8")
    swept = list(frame.columns[: list(frame.columns).index("seed") + 1])
    words = [name for name in frame if frame[name].dtype == object and name not in swept]
    averaged = [name for name in words if f"| {name} |" not in told.splitlines()[0]]
    assert told == over_seeds(frame, swept, averaged)
    assert between(readme, path.parent.name) == told.strip()
