"""W&B never keeps a run waiting and never fails one."""

import http.server
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.launching import TINY, launch, only_run
from whynorm.tasks import tracking


@pytest.fixture
def deaf() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def answering() -> Iterator[str]:
    """A server that answers everything with an error."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, format: str, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user who would log online, with a key and without a netrc file."""
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setenv("WANDB_API_KEY", "a" * 40)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


def test_a_server_that_says_anything_answers(answering: str) -> None:
    assert tracking.answers(answering, seconds=2)


def test_a_server_that_says_nothing_is_not_waited_for(deaf: str) -> None:
    begun = time.monotonic()
    assert not tracking.answers(deaf, seconds=0.2)
    assert time.monotonic() - begun < 1


def test_an_address_without_a_server_does_not_answer() -> None:
    assert not tracking.answers("http://127.0.0.1:9", seconds=2)


def test_what_is_no_address_does_not_answer() -> None:
    assert not tracking.answers("nowhere", seconds=2)


@pytest.mark.usefixtures("online")
def test_a_key_and_a_server_that_answers_mean_online(
    answering: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", answering)
    assert tracking.chosen()[0]


@pytest.mark.usefixtures("online")
def test_a_server_that_says_nothing_means_offline(
    deaf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_BASE_URL", deaf)
    monkeypatch.setattr(tracking, "PATIENCE_SECONDS", 0.2)
    assert tracking.chosen() == (
        False,
        "127.0.0.1 does not answer; `wandb sync` sends the run later",
    )


@pytest.mark.usefixtures("online")
def test_no_key_means_offline(answering: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("WANDB_BASE_URL", answering)
    online, why = tracking.chosen()
    assert not online
    assert "no key" in why


@pytest.mark.usefixtures("online")
def test_a_key_in_the_netrc_file_counts(
    answering: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("WANDB_API_KEY")
    monkeypatch.setenv("WANDB_BASE_URL", answering)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    assert tracking.chosen()[0]


def test_each_arm_of_a_multirun_has_a_wandb_run_of_its_own(tmp_path: Path) -> None:
    ended = launch(tmp_path, "-m", *TINY, "logger=wandb", "seed=1,2")
    assert ended.code == 0, ended.err
    found = sorted(tmp_path.glob("runs/*/*/*/wandb/offline-run-*/*.wandb"))
    assert [path.relative_to(tmp_path).parts[3][0] for path in found] == ["0", "1"]


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
