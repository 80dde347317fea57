"""What every test stands on: shapes are checked, one thread, fixed seeds, no network."""

import os
import random
import socket
import tempfile

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["WANDB_DIR"] = tempfile.mkdtemp(prefix="whynorm-wandb-")
os.environ.pop("WANDB_API_KEY", None)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

from jaxtyping import install_import_hook

import tests.shapes  # noqa: F401 - the hook looks it up by its name

install_import_hook("whynorm", "tests.shapes.checked")

import hypothesis
import numpy
import pytest
import torch

hypothesis.settings.register_profile("quiet", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("quiet")
torch.set_num_threads(1)

_LOCAL = ("127.", "::1", "localhost", "0.0.0.0")


@pytest.fixture(autouse=True)
def seeds() -> None:
    """Start every test from the same random state, whatever ran before it."""
    random.seed(0)
    numpy.random.seed(0)
    torch.manual_seed(0)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(this: socket.socket, address: tuple[str, int] | str) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOCAL):
            raise OSError(f"tests run without a network; something asked for {address[0]}")
        connect(this, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
