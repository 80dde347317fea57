"""What every test stands on: shapes that can be checked, one thread, fixed seeds, no network."""

import os
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ["WANDB_MODE"] = "offline"
os.environ["WANDB_SILENT"] = "true"
os.environ["WANDB_DIR"] = tempfile.mkdtemp(prefix="whynorm-wandb-")
os.environ.pop("WANDB_API_KEY", None)
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

from jaxtyping import install_import_hook

from tests import shapes

SOURCE = Path(__file__).parents[1] / "src"
# Those that name shapes; what draws sentences is called too often to be checked as well.
SHAPED = [
    ".".join(path.relative_to(SOURCE).with_suffix("").parts)
    for path in sorted((SOURCE / "whynorm").rglob("*.py"))
    if "jaxtyping" in path.read_text(encoding="utf-8")
]
install_import_hook(SHAPED, "tests.shapes.checked")
shapes.check(False)

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
def shapes_of(request: pytest.FixtureRequest) -> Iterator[None]:
    """Check shapes where modules are tested one by one."""
    shapes.check(shapes.checked_in(request.path))
    yield
    shapes.check(False)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every connection that leaves this machine."""
    connect = socket.socket.connect

    def guarded(this: socket.socket, address: tuple[str, int] | str) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOCAL):
            raise OSError(f"tests run without a network; something asked for {address[0]}")
        connect(this, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
