"""metrics.csv is the old one or the new one, whatever happens while it is written."""

import csv
from pathlib import Path

import pytest

from whynorm.tasks import loggers
from whynorm.tasks.loggers import Metrics, metrics


class Killed(BaseException):
    """What a kill does to a program, as far as a test can show it."""


def written(folder: Path) -> list[dict[str, str]]:
    with (folder / "metrics.csv").open(newline="") as lines:
        return [
            {key: value for key, value in row.items() if value} for row in csv.DictReader(lines)
        ]


@pytest.fixture
def logger(tmp_path: Path) -> Metrics:
    """A logger that has written a row."""
    made = metrics(tmp_path)
    made.log_metrics({"train/loss": 1.0}, step=0)
    made.save()
    return made


def test_a_kill_while_a_new_column_is_written_loses_no_row(
    tmp_path: Path, logger: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(self: object, rows: object) -> None:
        raise Killed

    monkeypatch.setattr(csv.DictWriter, "writerows", killed)
    logger.log_metrics({"val/loss": 2.0}, step=1)
    with pytest.raises(Killed):
        logger.save()
    assert written(tmp_path) == [{"step": "0", "train/loss": "1.0"}]


def test_a_column_that_could_not_be_written_is_written_later(
    tmp_path: Path, logger: Metrics, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(temporary: Path, path: Path) -> None:
        raise OSError(28, "No space left on device")

    logger.log_metrics({"val/loss": 2.0}, step=1)
    with monkeypatch.context() as patched:
        patched.setattr(loggers, "settle", full)
        logger.save()
    logger.log_metrics({"val/loss": 3.0}, step=2)
    logger.save()
    assert written(tmp_path) == [
        {"step": "0", "train/loss": "1.0"},
        {"step": "1", "val/loss": "2.0"},
        {"step": "2", "val/loss": "3.0"},
    ]


def test_what_a_killed_attempt_had_half_written_is_not_taken_up(tmp_path: Path) -> None:
    (tmp_path / "metrics.unfinished").write_text("other,step\n5.0,7\n", encoding="utf-8")
    made = metrics(tmp_path)
    made.log_metrics({"train/loss": 1.0}, step=0)
    made.save()
    assert written(tmp_path) == [{"step": "0", "train/loss": "1.0"}]
