"""A W&B server on this machine, which keeps what it is sent; it knows what wandb 0.31 asks."""

import base64
import gzip
import http.server
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import pytest
import wandb

from tests.tasks import answers

LONGEST_SECONDS = 180
LARGEST_BYTES = 20_000_000


@dataclass
class Received:
    """What the server was sent of one run."""

    facts: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    begun: int = 0
    exit_code: int | None = None

    def logged(self, name: str) -> list[tuple[int, float]]:
        """The updates at which a metric was logged, with its values."""
        rows = [row for row in self.history if name in row]
        return [(row["trainer/global_step"], row[name]) for row in rows]


class Loopback:
    """The server, for as long as it is used in a `with` statement; three minutes at most."""

    def __init__(self, key: str) -> None:
        self.secret = base64.b64encode(f"api:{key}".encode()).decode()
        self.runs: dict[str, Received] = {}
        self.views: list[dict[str, Any]] = []
        self.tables: dict[str, dict[str, Any]] = {}
        self.unknown: list[str] = []
        self.silent = threading.Event()

    def __enter__(self) -> "Loopback":
        self.server = Server(("127.0.0.1", 0), Connection)
        self.server.loopback = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.end = threading.Timer(LONGEST_SECONDS, self.server.shutdown)
        for thread in (threading.Thread(target=self.server.serve_forever), self.end):
            thread.daemon = True
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.end.cancel()
        self.silent.clear()
        self.server.shutdown()
        self.server.server_close()

    def only(self) -> Received:
        """The one run that was sent."""
        (run,) = self.runs.values()
        return run

    def queried(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        """The data that a GraphQL query asks for."""
        [name] = re.findall(r"^\s*(?:query|mutation)\s+(\w+)", query)
        if name == "UpsertBucket":
            self.take_run(variables)
        elif name == "UpsertView2":
            view = {"id": "view-1", **variables, "spec": json.loads(variables["spec"])}
            self.views.append(view)
        if name not in answers.ANSWERS:
            self.unknown.append(name)
            return {}
        views = [view for view in self.views if view["name"] == variables.get("viewName")]
        known: Any = views[-1] if views else self.runs.get(variables.get("name", ""))
        return answers.ANSWERS[name](self.url, variables, known)

    def take_run(self, sent: dict[str, Any]) -> None:
        """Keep what is said of a run when it begins, and what is added later."""
        run = self.runs.setdefault(sent["name"], Received())
        if sent["groupName"] is not None:
            run.begun += 1
            run.facts = {
                key: sent[key] for key in ("groupName", "jobType", "displayName", "tags", "project")
            }
        config = json.loads(sent["config"] or "{}")
        run.config |= {key: node["value"] for key, node in config.items()}

    def streamed(self, name: str, sent: dict[str, Any]) -> None:
        """Keep lines of a run's history, its summary, and how it ended."""
        run = self.runs[name]
        for file, chunk in sent.get("files", {}).items():
            lines = chunk["content"]
            if file == "wandb-history.jsonl":
                run.history[chunk["offset"] :] = [json.loads(line) for line in lines]
            elif file == "wandb-summary.json":
                run.summary = json.loads(lines[-1])
        if sent.get("complete"):
            run.exit_code = sent.get("exitcode")

    def uploaded(self, path: PurePosixPath, content: bytes) -> None:
        """Keep a file."""
        if path.parts[1] == "files-of":
            self.runs[path.parts[2]].files["/".join(path.parts[3:])] = content
        elif path.parts[1] == "tables":
            self.tables[path.parts[2]] = json.loads(content)


@contextmanager
def served(environment: pytest.MonkeyPatch) -> Iterator[Loopback]:
    """A server that the environment names, for a user whose key it knows."""
    key = secrets.token_hex(20)
    with Loopback(key) as server:
        environment.delenv("WANDB_MODE", raising=False)
        environment.setenv("WANDB_API_KEY", key)
        environment.setenv("WANDB_BASE_URL", server.url)
        wandb.teardown()  # it has read the environment already
        yield server
        server.silent.clear()
        wandb.teardown()


class Server(http.server.ThreadingHTTPServer):
    """Answers each connection in a thread of its own."""

    daemon_threads = True
    loopback: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client may leave whenever it likes."""


class Connection(http.server.BaseHTTPRequestHandler):
    """One connection to the server."""

    protocol_version = "HTTP/1.1"
    server: Server

    def respond(self) -> None:
        """Take what is sent and answer it, unless the server is told to be silent."""
        loopback, path = self.server.loopback, PurePosixPath(self.path)
        content = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_BYTES))
        while loopback.silent.is_set():
            time.sleep(0.05)
        if self.headers.get("Content-Encoding") == "gzip":
            content = gzip.decompress(content)
        answer: dict[str, Any] = {}
        if self.path == "/graphql":
            if self.headers.get("Authorization") != f"Basic {loopback.secret}":
                self.send_error(401)
                return
            asked = json.loads(content)
            answer = {"data": loopback.queried(asked["query"], asked.get("variables") or {})}
        elif path.name == "file_stream":
            loopback.streamed(path.parent.name, json.loads(content))
        elif self.command == "PUT":
            loopback.uploaded(path, content)
        self.reply(json.dumps(answer).encode())

    def reply(self, content: bytes) -> None:
        """Send an answer."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = respond  # noqa: N815 - as the standard library calls them

    def log_message(self, format: str, *words: object) -> None:
        """Say nothing."""
