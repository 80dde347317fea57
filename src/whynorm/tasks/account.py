"""The user's account at a W&B server: its key, and whether the server knows it."""

import base64
import json
import netrc
import os
import threading
import urllib.error
import urllib.request
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple
from urllib.parse import urlsplit

VIEWER = json.dumps({"query": "query Viewer { viewer { entity } }"}).encode()
REFUSALS = (401, 403)


class Unmoved(urllib.request.HTTPRedirectHandler):
    """Follows no redirection, which would show the key to whoever the answer names."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """No further request."""


class Account(NamedTuple):
    """What the server says of the user: whose runs it would take, or why it takes none."""

    entity: str | None
    reason: str


def account(server: str, seconds: float) -> Account:
    """The account that the user's key opens, as far as the server tells within so many seconds."""
    host = urlsplit(server).hostname or server
    key = key_for(host)
    if key is None:
        return Account(None, f"no key: set WANDB_API_KEY, or `wandb login` for {host}")
    said: SimpleQueue[Account] = SimpleQueue()
    # In a thread of its own, since looking up a name knows no time limit.
    work = threading.Thread(target=lambda: said.put(asked(server, host, key)), daemon=True)
    work.start()
    try:
        return said.get(timeout=seconds)
    except Empty:
        return silent(host)


def asked(server: str, host: str, key: str) -> Account:
    """What the server answers to the question whose key this is."""
    secret = base64.b64encode(f"api:{key}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
    try:
        request = urllib.request.Request(f"{server.rstrip('/')}/graphql", VIEWER, headers)
        with urllib.request.build_opener(Unmoved).open(request, timeout=60) as answer:
            viewer = json.load(answer)["data"]["viewer"]
    except urllib.error.HTTPError as error:
        return unknown(host) if error.code in REFUSALS else silent(host)
    except (OSError, ValueError, TypeError, LookupError):
        return silent(host)
    return Account(viewer["entity"], f"{host} answers") if viewer else unknown(host)


def silent(host: str) -> Account:
    """The account at a server that says nothing of use."""
    return Account(None, f"{host} does not answer; `wandb sync` sends the run later")


def unknown(host: str) -> Account:
    """The account at a server that does not know the key."""
    return Account(None, f"{host} does not know this key; `wandb login` sets another")


def key_for(host: str) -> str | None:
    """The user's key: WANDB_API_KEY, or the password that a netrc file has for the host."""
    given = os.environ.get("WANDB_API_KEY")
    if given:
        return given
    named = os.environ.get("NETRC")
    places = [Path(named)] if named else [Path.home() / ".netrc", Path.home() / "_netrc"]
    for place in places:
        try:
            found = netrc.netrc(str(place)).authenticators(host)
        except (OSError, netrc.NetrcParseError):
            continue
        if found:
            return found[2]
    return None
