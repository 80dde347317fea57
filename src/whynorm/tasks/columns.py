"""A run's configuration as W&B shows it: one column for each choice and each value."""

from typing import Any

from whynorm.tasks.job import Job

DECODER_NORM = "norm@decoder_norm"
# How a run was asked for and where it goes; nobody groups by these.
LEFT_OUT = {"compare", "logger", "tags", "tune", DECODER_NORM}


def columns(job: Job) -> dict[str, Any]:
    """Every choice and value under a flat name; a decoder has a norm even where none was chosen."""
    every = {column(key): value for key, value in job.flat().items() if shown(key)}
    return {**every, "decoder_norm": job.choices.get(DECODER_NORM) or job.choices.get("norm")}


def column(key: str) -> str:
    """The column of a key of the command line: `optimizer.lr` is shown as `optimizer/lr`.

    W&B takes a dot for a level of nesting: its filters and groups do not find a name with one.
    """
    return "decoder_norm" if key == DECODER_NORM else key.replace(".", "/")


def shown(key: str) -> bool:
    """False for what is no setting of a run: Hydra's own keys, and those left out."""
    parts = key.split(".")
    return parts[0] not in LEFT_OUT and not any(part.startswith("_") for part in parts)
