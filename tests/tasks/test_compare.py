"""From a sweep in which one arm fails and one diverges to its report."""

import json
from pathlib import Path
from typing import Any

import pandas
import pytest

from tests.tasks.launching import TINY, Ended, launch

NORMS = {
    "good": "whynorm.norms.layer.LayerNorm",
    "other": "whynorm.norms.instance.InstanceNorm",
    "diverging": "tests.tasks.faulty.Diverging",
    "failing": "tests.tasks.faulty.Failing",
}
SWEPT = f"norm._target_={','.join(NORMS.values())}"


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A folder with the sweep, and how the sweep ended."""
    folder = tmp_path_factory.mktemp("compared")
    return folder, launch(folder, "-m", *TINY, "threads=1", SWEPT, "seed=1,2")


@pytest.fixture(scope="module")
def compared(swept: tuple[Path, Ended]) -> tuple[Path, Ended]:
    """The folder of the report, and what was said of it."""
    ended = launch(swept[0], "task=compare", "group=grammar")
    return swept[0] / "runs/grammar/report", ended


def rows(report: Path, name: str) -> pandas.DataFrame:
    return pandas.read_csv(report / name)


def arm(report: Path, name: str) -> dict[Any, Any]:
    """The summary of an arm's BLEU."""
    found = rows(report, "summary.csv").to_dict("records")
    wanted = {"norm._target_": NORMS[name], "metric": "bleu"}
    [row] = [row for row in found if wanted.items() <= row.items()]
    return row


def test_a_failing_arm_makes_the_sweep_end_with_1(swept: tuple[Path, Ended]) -> None:
    assert swept[1].code == 1


def test_the_progress_says_what_went_wrong_on_the_way(swept: tuple[Path, Ended]) -> None:
    assert "8/8" not in swept[1].out
    assert "6/8 done, 2 diverged, 2 failed" in swept[1].out


def test_a_failure_leaves_its_traceback_in_the_log_of_its_own_run(
    swept: tuple[Path, Ended],
) -> None:
    logs = [path.read_text() for path in sorted(swept[0].glob("runs/grammar/*/log.txt"))]
    assert sum("RuntimeError: this norm has a bug" in log for log in logs) == 2


def test_the_report_is_written_although_runs_failed_and_diverged(
    compared: tuple[Path, Ended],
) -> None:
    assert compared[1].code == 0, compared[1].err
    written = {path.name for path in compared[0].iterdir()}
    assert {"results.csv", "comparisons.csv", "report.html", "table.tex", "answer.md"} <= written


def test_every_run_has_a_row_whatever_became_of_it(compared: tuple[Path, Ended]) -> None:
    states = rows(compared[0], "results.csv").groupby("norm._target_")["state"].apply(list)
    assert states.to_dict() == {
        NORMS["good"]: ["done", "done"],
        NORMS["other"]: ["done", "done"],
        NORMS["diverging"]: ["diverged", "diverged"],
        NORMS["failing"]: ["failed", "failed"],
    }


def test_a_diverged_run_counts_as_one_that_translates_nothing(
    compared: tuple[Path, Ended],
) -> None:
    row = arm(compared[0], "diverging")
    assert (row["diverged"], row["mean"]) == (2, 0.0)


def test_a_failed_run_is_missing_and_said_to_be(compared: tuple[Path, Ended]) -> None:
    row = arm(compared[0], "failing")
    assert row["failed"] == 2
    assert pandas.isna(row["mean"])
    assert "2 of 8 runs came to no result" in compared[1].out


def test_the_page_names_the_runs_that_went_wrong_and_why(compared: tuple[Path, Ended]) -> None:
    page = (compared[0] / "report.html").read_text(encoding="utf-8")
    assert "this norm has a bug" in page
    assert "diverged" in page


def test_the_answer_says_that_nothing_was_tuned(compared: tuple[Path, Ended]) -> None:
    assert "No arm had a learning rate of its own" in compared[1].out


def test_a_published_answer_stands_between_its_marks(
    swept: tuple[Path, Ended], tmp_path: Path
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- answer -->\nold\n<!-- /answer -->\nafter\n")
    launch(swept[0], "task=compare", "group=grammar", f"publish={tmp_path}")
    text = readme.read_text(encoding="utf-8")
    assert "**Answer.**" in text
    assert "old" not in text
    assert text.startswith("before\n<!-- answer -->") and text.endswith("<!-- /answer -->\nafter\n")


def test_runs_that_differ_elsewhere_are_refused_and_it_is_said_where(
    swept: tuple[Path, Ended], tmp_path: Path
) -> None:
    (folder,) = list(swept[0].glob("runs/grammar/*InstanceNorm-2-*"))
    config = folder / "config.yaml"
    fair = config.read_text()
    config.write_text(fair.replace("d_ff: 32", "d_ff: 64"))
    ended = launch(swept[0], "task=compare", "group=grammar")
    config.write_text(fair)
    assert ended.code == 2
    assert "model.d_ff is 32 in" in ended.err
    assert f"64 in {folder.name}" in ended.err


def test_runs_that_saw_other_numbers_of_tokens_are_refused(swept: tuple[Path, Ended]) -> None:
    (folder,) = list(swept[0].glob("runs/grammar/*InstanceNorm-1-*"))
    scores = folder / "scores.json"
    fair = scores.read_text()
    scores.write_text(json.dumps({**json.loads(fair), "target_tokens": 7}))
    ended = launch(swept[0], "task=compare", "group=grammar")
    scores.write_text(fair)
    assert ended.code == 2
    assert f"7 in {folder.name}" in ended.err


@pytest.mark.long
def test_figures_speak_korean_where_they_are_asked_to(swept: tuple[Path, Ended]) -> None:
    ended = launch(swept[0], "task=compare", "group=grammar", "language=ko")
    figure = swept[0] / "runs/grammar/report/differences.svg"
    assert "오른쪽일수록 좋음" in figure.read_text(encoding="utf-8")
    assert figure.with_suffix(".png").exists() != ("no font with Hangul" in ended.out)


def test_a_language_that_is_none_is_refused(swept: tuple[Path, Ended]) -> None:
    ended = launch(swept[0], "task=compare", "group=grammar", "language=kr")
    assert ended.code == 2
    assert "language=kr: there is no such language; choose from en, ko" in ended.err


def test_a_folder_without_a_sweep_is_refused_with_the_way_to_one(tmp_path: Path) -> None:
    ended = launch(tmp_path, "task=compare", "experiment=cheating")
    assert ended.code == 2
    assert "runs/cheating holds no sweep" in ended.err
    assert "python run.py -m experiment=" in ended.err
    assert not list(tmp_path.iterdir())


def test_a_baseline_that_nobody_ran_is_refused_with_those_that_were(
    swept: tuple[Path, Ended],
) -> None:
    ended = launch(swept[0], "task=compare", "group=grammar", "compare={baseline: lair}")
    assert ended.code == 2
    assert "compare.baseline=lair has no run; choose from tests.tasks.faulty" in ended.err
