"""Several runs from one command: none loses the others."""

import csv
from pathlib import Path

import pytest

from tests.tasks.launching import TINY, Ended, launch

pytestmark = pytest.mark.long

ARMS = (
    "whynorm.norms.layer.LayerNorm",
    "tests.tasks.faulty.Diverging",
    "tests.tasks.faulty.Failing",
    "whynorm.norms.instance.InstanceNorm",
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A folder with four arms, one of which diverges and one of which fails."""
    folder = tmp_path_factory.mktemp("swept")
    return folder, launch(folder, "-m", *TINY, f"norm._target_={','.join(ARMS)}")


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "runs/grammar/sweep.csv").open(newline="") as lines:
        return list(csv.DictReader(lines))


def states(folder: Path) -> list[str]:
    return [row["state"] for row in table(folder)]


def test_every_arm_runs_whatever_became_of_the_others(swept: tuple[Path, Ended]) -> None:
    assert states(swept[0]) == ["done", "diverged", "failed", "done"]


def test_a_failed_arm_makes_the_exit_code_1(swept: tuple[Path, Ended]) -> None:
    assert swept[1].code == 1


def test_the_table_at_the_end_has_a_row_for_each_arm(swept: tuple[Path, Ended]) -> None:
    table = swept[1].out[swept[1].out.index("Arms") :]
    assert [table.count(f"│ {word} ") for word in ("done", "diverged", "failed")] == [2, 1, 1]


def test_a_diverged_arm_is_a_result_and_no_failure(tmp_path: Path) -> None:
    arms = "norm._target_=tests.tasks.faulty.Diverging,whynorm.norms.layer.LayerNorm"
    assert launch(tmp_path, "-m", *TINY, arms).code == 0


def test_an_arm_whose_data_are_refused_is_recorded(tmp_path: Path) -> None:
    ended = launch(tmp_path, "-m", *TINY, "data.corpus.pairs=200,0")
    assert (ended.code, states(tmp_path)) == (1, ["done", "failed"])


def test_an_interrupt_ends_all_arms(tmp_path: Path) -> None:
    arms = "norm._target_=tests.tasks.faulty.Interrupting,whynorm.norms.layer.LayerNorm"
    assert launch(tmp_path, "-m", *TINY, arms).code == 130
    assert states(tmp_path) == ["interrupted", "waiting"]
