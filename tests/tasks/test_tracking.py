"""W&B never keeps a run waiting and never fails one."""

import http.server
import os
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest

from tests.tasks.launching import TINY, launch, only_run
from tests.tasks.loopback import Loopback, served
from whynorm.tasks import tracking
from whynorm.tasks.account import account
from whynorm.tasks.job import Job


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Loopback]:
    """A server that knows the user's key; the user has no netrc file."""
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with served(monkeypatch) as server:
        yield server


def test_a_key_that_the_server_knows_opens_an_account(server: Loopback) -> None:
    assert account(server.url, seconds=2) == ("somebody", "127.0.0.1 answers")


def test_a_key_in_the_netrc_file_counts(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    key = os.environ["WANDB_API_KEY"]
    monkeypatch.delenv("WANDB_API_KEY")
    (tmp_path / "netrc").write_text(f"machine 127.0.0.1 login user password {key}\n")
    (tmp_path / "netrc").chmod(0o600)
    assert account(server.url, seconds=2).entity == "somebody"


def test_a_key_that_the_server_does_not_know_opens_nothing(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", secrets.token_hex(20))
    found = account(server.url, seconds=2)
    assert found == (None, "127.0.0.1 does not know this key; `wandb login` sets another")


def test_without_a_key_no_server_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    found = account("http://127.0.0.1:9", seconds=2)
    assert found == (None, "no key: set WANDB_API_KEY, or `wandb login` for 127.0.0.1")


@pytest.mark.usefixtures("server")
def test_a_server_that_says_nothing_is_not_waited_for(deaf: str) -> None:
    begun = time.monotonic()
    assert account(deaf, seconds=0.2).reason.startswith("127.0.0.1 does not answer")
    assert time.monotonic() - begun < 1


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nowhere"])
def test_an_address_without_a_server_opens_nothing(address: str) -> None:
    assert "does not answer" in account(address, seconds=2).reason


def test_the_key_is_not_shown_to_where_a_server_points(server: Loopback) -> None:
    with pointing_to(server.url) as elsewhere:
        assert account(elsewhere, seconds=2).entity is None


@contextmanager
def pointing_to(address: str) -> Iterator[str]:
    """A server that sends everyone on to another address, as a hotel's network does."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{address}/graphql")
            self.end_headers()

        def log_message(self, format: str, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_wish_to_be_offline_counts_before_everything(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert tracking.chosen() == (False, "WANDB_MODE=offline")


@pytest.mark.long
def test_a_server_that_falls_silent_before_a_run_is_given_up_in_seconds(
    server: Loopback, tmp_path: Path
) -> None:
    server.silent.set()
    begun = time.monotonic()
    logger = tracking.weights_and_biases(job(tmp_path), project="whynorm", mode="online")
    assert isinstance(logger, tracking.Tracker)
    assert logger.run.offline
    assert time.monotonic() - begun < tracking.BEGIN_SECONDS + 12  # others may be at work
    tracking.finish(failed=False)


@pytest.mark.long
def test_a_server_that_falls_silent_during_a_run_does_not_fail_it(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(tracking, "FINISH_SECONDS", 1.0)
    logger = tracking.weights_and_biases(job(tmp_path), project="whynorm")
    assert isinstance(logger, tracking.Tracker)
    server.silent.set()
    begun = time.monotonic()
    logger.log_metrics({"val/loss": 1.0}, step=1)
    tracking.log_translations(logger, [["a", "b", "c"]])
    tracking.finish(failed=False)
    assert time.monotonic() - begun < 5


def test_what_breaks_in_wandb_is_said_once_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise ConnectionError("the service is gone")

    logger = tracking.Tracker(cast(Any, Broken()))
    for step in range(3):
        logger.log_metrics({"val/loss": 1.0}, step=step)
    assert capsys.readouterr().out.count("the service is gone") == 1


def job(folder: Path) -> Job:
    """A run of nothing."""
    return Job(folder, "group", "name", "train", [], [], {"norm": "layer"}, {"seed": 1}, "identity")


def test_runs_of_two_groups_are_two_runs_for_wandb(tmp_path: Path) -> None:
    one = job(tmp_path)
    assert tracking.identity(one) != tracking.identity(one._replace(group="another"))


@pytest.mark.long
def test_each_arm_of_a_multirun_has_a_wandb_run_of_its_own(tmp_path: Path) -> None:
    ended = launch(tmp_path, "-m", *TINY, "logger=wandb", "seed=1,2")
    assert ended.code == 0, ended.err
    found = tmp_path.glob("runs/*/*/wandb/offline-run-*/*.wandb")
    assert sorted(path.parents[2].name[:2] for path in found) == ["1-", "2-"]


@pytest.mark.long
def test_a_run_goes_on_without_wandb_where_it_is_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "wandb", None)
    ended = launch(tmp_path, *TINY, "logger=wandb")
    assert ended.code == 0
    assert "W&B: not used, it did not start" in ended.out
    assert (only_run(tmp_path) / "scores.json").exists()


def test_tensorboard_writes_into_the_run_folder(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    launch(tmp_path, *TINY, "logger=tensorboard")
    assert list(only_run(tmp_path).glob("tensorboard/events.*"))
