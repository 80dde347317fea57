"""`task=dashboard view=local`, opened in a real browser."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pandas
import pytest

import run
from tests.tasks.launching import TINY, launch
from whynorm.tasks.local_dashboard import logged

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


class Opened(NamedTuple):
    """The page as a browser shows it, and what was asked for on the way."""

    text: str
    asked: list[str]
    errors: list[str]
    listening: list[str]
    files: list[str]
    code: int


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """The page of two runs, one of which was logged for W&B."""
    pytest.importorskip("trackio")
    pytest.importorskip("playwright")
    if CHROMIUM is None:
        pytest.skip("there is no chromium here")
    folder = tmp_path_factory.mktemp("local")
    for norm, logger in (("layer", "none"), ("batch", "wandb")):
        place = f"hydra.run.dir=runs/seen/{norm}"
        words = ["group=seen", f"norm={norm}", f"logger={logger}", place]
        assert launch(folder, *TINY, *words).code == 0
    home = folder / "home"
    home.mkdir()
    with shown(folder, home) as (process, address):
        text, asked, errors = looked_at(address)
        listening = sockets(process.pid)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
    files = [path.name for path in home.rglob("*") if "trackio" in path.as_posix()]
    return Opened(text, asked, errors, listening, files, code)


@contextmanager
def shown(folder: Path, home: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The running command, and the address that it prints."""
    words = ["task=dashboard", "group=seen", "view=local"]
    process = subprocess.Popen(
        [sys.executable, str(run.ROOT / "run.py"), *words],
        cwd=folder,
        env={**os.environ, "HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
        # A shell that starts commands in the background has them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().split()[-1]
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def looked_at(address: str) -> tuple[str, list[str], list[str]]:
    """The text of the page, all that it asked for, and the errors in its console."""
    from playwright.sync_api import sync_playwright

    asked: list[str] = []
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(address)
        page.get_by_text("perplexity").first.wait_for(timeout=30_000)
        text = page.inner_text("body")
        browser.close()
    return text, asked, errors


def sockets(process: int) -> list[str]:
    """The addresses at which a process listens, as Linux lists them: 0100007F is 127.0.0.1."""
    own = {os.readlink(link) for link in Path(f"/proc/{process}/fd").iterdir() if link.exists()}
    rows: list[list[str]] = []
    for table in ("tcp", "tcp6"):
        lines = Path(f"/proc/{process}/net/{table}").read_text().splitlines()[1:]
        rows += [line.split() for line in lines]
    listening = [row for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own]
    return [row[1].partition(":")[0] for row in listening]


@pytest.mark.long
def test_the_page_shows_every_run_and_its_metrics(opened: Opened) -> None:
    runs = [name for name in ("layer", "batch") if name in opened.text.splitlines()]
    assert runs == ["layer", "batch"]
    assert {"val (5)", "loss", "bleu"} <= set(opened.text.splitlines())


@pytest.mark.long
def test_the_page_is_served_to_this_machine_alone(opened: Opened) -> None:
    assert opened.listening == ["0100007F"]


@pytest.mark.long
def test_the_page_asks_nothing_of_any_other_machine(opened: Opened) -> None:
    assert {urlsplit(address).hostname for address in opened.asked} == {"127.0.0.1"}


@pytest.mark.long
def test_the_page_has_no_error(opened: Opened) -> None:
    assert opened.errors == []


@pytest.mark.long
def test_the_page_keeps_nothing_in_the_home_of_the_user(opened: Opened) -> None:
    assert opened.files == []


@pytest.mark.long
def test_ctrl_c_ends_the_page_well(opened: Opened) -> None:
    assert opened.code == 0


def test_what_was_logged_at_an_update_stands_in_one_row() -> None:
    none = float("nan")
    curve = pandas.DataFrame(
        {"step": [9, 9, 19], "epoch": [0, 0, 1], "a": [1.0, none, none], "b": [none, 2.0, 3.0]}
    )
    assert logged(curve) == ([{"a": 1.0, "b": 2.0}, {"b": 3.0}], [9, 19])


def test_a_run_that_logged_nothing_has_no_rows() -> None:
    assert logged(pandas.DataFrame()) == ([], [])
