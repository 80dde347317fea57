"""The launcher in this process, as a user starts it from an empty folder."""

import contextlib
import io
import sys
from pathlib import Path
from typing import NamedTuple
from unittest import mock

import run

CONF = run.ROOT / "conf"

TINY = (
    "data.corpus.pairs=200",
    "data.corpus.held_out=20",
    "batches.tokens_per_batch=512",
    "model.d_model=16",
    "model.heads=2",
    "model.d_ff=32",
    "training.updates=6",
    "training.validations=2",
    "training.translate_validation=4",
    "decoding.extra_tokens=2",
    "schedule=constant",
    "logger=none",
)


class Ended(NamedTuple):
    """How a command ended: its exit code and what it said."""

    code: int
    out: str
    err: str


def launch(folder: Path, *arguments: str, typed: bytes = b"") -> Ended:
    """Run the command in the folder, with `typed` on its standard input."""
    out, err = io.StringIO(), io.StringIO()
    given = io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8")
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["run.py", *arguments]),
        mock.patch.object(sys, "stdin", given),
    ):
        code = ended_with()
    return Ended(code, out.getvalue(), err.getvalue())


def ended_with() -> int:
    """The exit code of the command in sys.argv."""
    try:
        run.main()
    except SystemExit as end:
        assert isinstance(end.code, int)
        return end.code
    return 0


def only_run(folder: Path) -> Path:
    """The one run folder that a single run has left."""
    (found,) = folder.glob("runs/*/*/status.json")
    return found.parent
