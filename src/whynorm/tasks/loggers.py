"""Where metrics go: always to metrics.csv, and to one more place that the user chooses."""

import warnings
from pathlib import Path

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from whynorm.tasks.job import Job


def csv(folder: Path) -> Logger:
    """Writes metrics.csv directly into the run folder."""
    with warnings.catch_warnings():
        # The folder holds the run's other files already; none of them is touched.
        warnings.filterwarnings("ignore", message="Experiment logs directory")
        logger = CSVLogger(save_dir=folder, name="", version="")
        _ = logger.experiment
    return logger


def tensorboard(job: Job) -> Logger:
    """Writes TensorBoard's event files into the run folder."""
    return TensorBoardLogger(save_dir=job.folder, name="", version="tensorboard")


def nothing_more(job: Job) -> None:
    """Leaves it at metrics.csv."""
