"""Where metrics go: always to metrics.csv, and to one more place that the user chooses."""

import shutil
import warnings
from csv import DictReader
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from whynorm.tasks.job import Job
from whynorm.tasks.terminal import complain
from whynorm.training.manifest import settle


class Metrics(CSVLogger):
    """metrics.csv, which is replaced whole, and later where the disk was full.

    Lightning writes the file anew where a number is logged for the first time: a kill would lose
    what it held.
    """

    def save(self) -> None:
        """Write what was logged since, and wait until it is on the disk."""
        experiment = self.experiment
        path = Path(experiment.metrics_file_path)
        rows, columns = list(experiment.metrics), list(experiment.metrics_keys)
        temporary = path.with_suffix(".unfinished")
        temporary.unlink(missing_ok=True)  # of an attempt that was killed
        experiment.metrics_file_path = str(temporary)
        try:
            if path.exists():
                shutil.copyfile(path, temporary)
            super().save()
            if temporary.exists():
                settle(temporary, path)
        except OSError as error:
            experiment.metrics, experiment.metrics_keys = rows, columns
            complain(f"WARNING: {path.name} could not be written: {error}; it is tried again")
        finally:
            experiment.metrics_file_path = str(path)
            temporary.unlink(missing_ok=True)

    @property
    def unsaved(self) -> bool:
        """True while there are rows that could not be written yet."""
        return bool(self.experiment.metrics)


def csv(folder: Path, *, updates: int = 0) -> Logger:
    """Writes metrics.csv directly into the run folder, after the rows of so many updates.

    These are written anew; the file of before stays aside until they are.
    """
    path, aside = folder / "metrics.csv", folder / "metrics.before.csv"
    if path.exists() and not aside.exists():
        path.replace(aside)
    logger = metrics(folder)
    for row in rows(aside, updates):
        logger.experiment.log_metrics(row, int(row.pop("step")))
    logger.save()
    if not logger.unsaved:
        aside.unlink(missing_ok=True)
    return logger


def rows(path: Path, updates: int) -> list[dict[str, Any]]:
    """What had been logged of the first so many updates."""
    if not path.exists() or not updates:
        return []
    with path.open(encoding="utf-8", newline="") as lines:
        found = [{k: v for k, v in row.items() if v} for row in DictReader(lines)]
    return [row for row in found if int(row["step"]) < updates]


def metrics(folder: Path) -> Metrics:
    """The logger, whose file is there from the first number on."""
    with warnings.catch_warnings():
        # The folder holds the run's other files already; none of them is touched.
        warnings.filterwarnings("ignore", message="Experiment logs directory")
        logger = Metrics(save_dir=folder, name="", version="")
        _ = logger.experiment
    return logger


def tensorboard(job: Job) -> Logger:
    """Writes TensorBoard's event files into the run folder."""
    return TensorBoardLogger(save_dir=job.folder, name="", version="tensorboard")


def nothing_more(job: Job) -> None:
    """Leaves it at metrics.csv."""
