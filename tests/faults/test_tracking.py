"""Weights & Biases, broken in every way it can be, neither keeps a run waiting nor changes it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.trial import results, run_folder, train, words
from tests.tasks.loopback import Loopback

Whole = Callable[[str], dict[str, bytes]]
KEY = "0123456789abcdef0123456789abcdef01234567"
EXTRA_SECONDS = 5.0


@contextmanager
def without_key() -> Iterator[dict[str, str]]:
    """Nobody has logged in."""
    yield {}


@contextmanager
def unreachable() -> Iterator[dict[str, str]]:
    """Nothing listens where the server should be."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    yield {"WANDB_API_KEY": KEY, "WANDB_BASE_URL": f"http://127.0.0.1:{port}"}


@contextmanager
def wrong_key() -> Iterator[dict[str, str]]:
    """The server knows another key."""
    with Loopback(KEY[::-1]) as server:
        yield {"WANDB_API_KEY": KEY, "WANDB_BASE_URL": server.url}


@contextmanager
def hanging() -> Iterator[dict[str, str]]:
    """The server accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []
        threading.Thread(target=accept, args=(server, held), daemon=True).start()
        port = server.getsockname()[1]
        yield {"WANDB_API_KEY": KEY, "WANDB_BASE_URL": f"http://127.0.0.1:{port}"}
        for one in held:
            one.close()


def accept(server: socket.socket, held: list[socket.socket]) -> None:
    """Take connections until the server is closed."""
    while True:
        try:
            held.append(server.accept()[0])
        except OSError:
            return


KINDS = [without_key, unreachable, wrong_key, hanging]
pytestmark = pytest.mark.long
Trained = tuple[Path, str]


@pytest.fixture(scope="module", params=KINDS, ids=[kind.__name__ for kind in KINDS])
def broken(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A folder with a run whose W&B is broken in one of the ways, and what the run said."""
    folder = tmp_path_factory.mktemp("broken")
    with request.param() as environment:
        home = {"HOME": str(folder), "NETRC": str(folder / "none"), "WANDB_MODE": "online"}
        ended = train(folder, tracked(), environment={**home, **environment})
    assert ended.code == 0, ended.said
    return folder, ended.said


def tracked() -> list[str]:
    return [*(word for word in words("plain") if word != "logger=none"), "logger=wandb"]


def seconds(folder: Path) -> float:
    return json.loads((run_folder(folder) / "status.json").read_text())["seconds"]


def test_the_results_are_those_of_a_run_without_it(broken: Trained, whole: Whole) -> None:
    assert results(broken[0]) == whole("plain")


def test_one_line_says_that_the_run_stays_offline(broken: Trained) -> None:
    lines = [line for line in broken[1].splitlines() if line.startswith("W&B")]
    assert len(lines) == 1
    assert lines[0].startswith("W&B: offline")


def test_the_run_takes_at_most_five_seconds_more(broken: Trained, tmp_path: Path) -> None:
    train(tmp_path, tracked(), environment={"WANDB_MODE": "offline"})  # under the same load
    assert seconds(broken[0]) - seconds(tmp_path) < EXTRA_SECONDS


def test_the_key_is_in_no_file(broken: Trained) -> None:
    files = [path for path in broken[0].rglob("*") if path.is_file()]
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []
