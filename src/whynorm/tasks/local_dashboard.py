"""The runs of an experiment on a page of this machine, without an account: trackio's."""

import io
import os
import shutil
import threading
from collections.abc import Sequence
from contextlib import redirect_stdout, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas

from whynorm.results.runs import Run
from whynorm.tasks.columns import shown
from whynorm.tasks.refusal import Refused
from whynorm.tasks.terminal import say

HOST = "127.0.0.1"
FIRST = ("val/loss", "val/bleu", "val/*", "train/loss", "train/*", "test/bleu", "test/*")
STORE = ".trackio"
INSTALL = "pip install -e '.[dashboard]' -c constraints.txt"


def serve(name: str, runs: Sequence[Run], place: Path, port: int | None) -> None:
    """Show the runs until Ctrl-C; they are read anew from their folders each time."""
    if find_spec("trackio") is None:
        raise Refused(f"view=local shows runs with trackio: {INSTALL}")
    begin(place / STORE)
    # Only now, for it reads where its files are when it is imported.
    import trackio  # pyright: ignore[reportMissingImports]
    from trackio.sqlite_storage import SQLiteStorage

    for run in runs:
        rows, steps = logged(run.curve)
        SQLiteStorage.bulk_log(
            project=name,
            run=label(run),
            metrics_list=rows,
            steps=steps,
            config=settings(run),
        )
    with redirect_stdout(io.StringIO()):  # it would print the token that lets one delete runs
        app, address, _, _ = trackio.show(
            name, host=HOST, server_port=port, share=False, mcp_server=False,
            open_browser=False, block_thread=False,
        )  # fmt: skip
    # Smoothed, a curve of few points would become a flat line.
    say(f"{len(runs)} runs: {address.rstrip('/')}/?project={quote(name)}&smoothing=0")
    say("Ctrl-C ends it.")
    with suppress(KeyboardInterrupt):
        threading.Event().wait()
    app.close()


def begin(store: Path) -> None:
    """An empty place for trackio's files, which are a copy of what the run folders say."""
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True)
    # Nothing goes into the user's home, and nothing is asked of a hub.
    os.environ.update(TRACKIO_DIR=str(store.resolve()), HF_HUB_OFFLINE="1")
    os.environ["TRACKIO_PLOT_ORDER"] = ",".join(FIRST)


def label(run: Run) -> str:
    """What the page calls a run: its place in the sweep, or its folder."""
    return ", ".join(f"{key}={value}" for key, value in run.swept.items()) or run.folder.name


def logged(curve: pandas.DataFrame) -> tuple[list[dict[str, float]], list[int]]:
    """What was logged at each update, and the updates."""
    if "step" not in curve:
        return [], []
    merged = curve.groupby("step").last().drop(columns="epoch", errors="ignore")
    rows = [row.dropna().to_dict() for _, row in merged.iterrows()]
    return rows, [int(step) for step in merged.index]


def settings(run: Run) -> dict[str, Any]:
    """The run's configuration, what it was swept over, and how it ended."""
    values = {key: value for key, value in run.config.items() if shown(key)}
    return {**values, "state": run.state, "leaking": run.scores.get("leaking")}
