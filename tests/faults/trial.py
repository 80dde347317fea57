"""A training in a process of its own, which something happens to."""

import contextlib
import multiprocessing
import os
import shutil
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from whynorm.tasks.worker import IMPORTED

SECONDS = 300.0
TINY = [
    "data.corpus.pairs=120",
    "data.corpus.held_out=12",
    "batches.tokens_per_batch=400",
    "norm=batch",
    "model.d_model=16",
    "model.heads=2",
    "model.d_ff=32",
    "training.updates=13",
    "training.validations=3",
    "training.translate_validation=4",
    "training.record_batches=true",
    "decoding.beam=2",
    "decoding.extra_tokens=2",
    "schedule=constant",
    "logger=none",
    "threads=1",
    "resume.seconds=0",
]
# Ways of training that a stop could disturb, each by the words that it adds.
WAYS: dict[str, list[str]] = {
    "plain": [],
    "workers": ["data.workers=1"],
    "accumulated": ["training.accumulate=2", "training.ema=0.9"],
    "epochs": [
        "training.updates=null",
        "training.epochs=3",
        "batches=bucketed",
        "batches.sentences_per_batch=24",
        "~batches.tokens_per_batch",
        "training.average=last",
        "training.average_checkpoints=2",
    ],
}
# What must be equal, bit for bit, whatever happened on the way.
RESULTS = ("batches.tsv", "metrics.csv", "scores.json", "translations.tsv", "leaks.json")

Happening = Callable[[], None]


class Ended(NamedTuple):
    """How a process ended (minus the signal that killed it), and all that it said."""

    code: int
    said: str


def nothing() -> None:
    """Nothing happens."""


def words(way: str) -> list[str]:
    """The command's words for a way of training."""
    more = WAYS[way]
    replaced = [word.lstrip("~") for word in more]
    kept = [one for one in TINY if not any(one.startswith(f"{word}=") for word in replaced)]
    return [*kept, *(word for word in more if not word.startswith("~"))]


def begun(
    folder: Path,
    arguments: list[str],
    happens: Happening = nothing,
    environment: dict[str, str] | None = None,
) -> BaseProcess:
    """The process of a command, as a user starts it in that folder; `happens` comes first."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload([*IMPORTED, "run", "tests.faults.trial"])
    given = (folder, arguments, happens, environment or {})
    process = server.Process(target=work, args=given)
    process.start()
    return process


def work(
    folder: Path, arguments: list[str], happens: Happening, environment: dict[str, str]
) -> None:
    """Be that process."""
    import run

    multiprocessing.set_start_method(None, force=True)  # as in a process that a user begins
    os.setpgid(0, 0)
    os.chdir(folder)
    os.environ.update(environment)
    with (folder / "said.txt").open("ab") as said:
        for place in (1, 2):
            os.dup2(said.fileno(), place)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = open(number, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
    sys.argv = ["run.py", *arguments]
    happens()
    with contextlib.suppress(KeyboardInterrupt):
        run.main()


def ended(process: BaseProcess, folder: Path) -> Ended:
    """How the process ended; what it said is taken away, for the next to begin anew."""
    process.join(SECONDS)
    assert process.exitcode is not None, (folder / "said.txt").read_text()[-3000:]
    said = (folder / "said.txt").read_text(encoding="utf-8")
    (folder / "said.txt").unlink()
    return Ended(process.exitcode, said)


def train(
    folder: Path,
    arguments: list[str],
    happens: Happening = nothing,
    environment: dict[str, str] | None = None,
) -> Ended:
    """Run the command to whatever end it comes to."""
    return ended(begun(folder, arguments, happens, environment), folder)


def run_folder(folder: Path) -> Path:
    """The only run folder in there."""
    (found,) = folder.glob("runs/*/*/config.yaml")
    return found.parent


def results(folder: Path) -> dict[str, bytes]:
    """What the run has come to: every file that must not differ, and the tested weights."""
    import torch

    place = run_folder(folder)
    found = {name: (place / name).read_bytes() for name in RESULTS}
    for name in ("best.ckpt", "last.ckpt"):
        state = torch.load(place / "checkpoints" / name, weights_only=True)["state_dict"]
        found[name] = b"".join(value.numpy().tobytes() for _, value in sorted(state.items()))
    return found


def copied(folder: Path, place: Path) -> Path:
    """A copy of the folder that can be spoilt."""
    shutil.copytree(folder, place, dirs_exist_ok=True)
    return place
