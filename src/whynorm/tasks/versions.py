"""What a result depends on besides its configuration."""

import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

import whynorm

PACKAGES = ["torch", "pytorch-lightning", "hydra-core", "sacrebleu", "tokenizers", "numpy"]


def versions(*, seed: int, data_sha256: str | None, overrides: list[str]) -> dict[str, Any]:
    """Versions of everything in use, the commit, the machine, the data's hash and the seed."""
    return {
        "whynorm": whynorm.__version__,
        **commit(),
        "python": platform.python_version(),
        **{name: installed(name) for name in PACKAGES},
        "platform": platform.platform(),
        "machine": machine(),
        "threads": torch.get_num_threads(),
        "seed": seed,
        "data_sha256": data_sha256,
        "command": [Path(sys.argv[0]).name, *sys.argv[1:]],
        "overrides": overrides,
    }


def determinism(hardware: Mapping[str, Any]) -> str:
    """How exactly a run can be repeated on the hardware that it was asked to use."""
    if hardware["accelerator"] == "cpu" or hardware.get("deterministic") is True:
        return "bit for bit, with as many threads and processes on such a machine"
    if hardware.get("deterministic") == "warn":
        return "bit for bit but for what was warned of"
    return "not bit for bit: hardware.deterministic=true asks for that, and is slower"


def commit() -> dict[str, Any]:
    """The commit that the code stands at, and whether files differ from it; None outside git."""
    source = Path(whynorm.__file__).parent
    head = git(source, "rev-parse", "HEAD")
    changed = None if head is None else bool(git(source, "status", "--porcelain", ":/"))
    return {"commit": head, "uncommitted_changes": changed}


def git(folder: Path, *words: str) -> str | None:
    """What git says in that folder; None where it is missing or knows nothing."""
    command = ["git", "-C", str(folder), *words]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return said.stdout.strip()


def installed(package: str) -> str | None:
    """The installed version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine() -> str:
    """The device that torch computes on."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
