"""The same seed and configuration give the same bits, whatever surrounds a run."""

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import run
from tests.faults.trial import SECONDS, results, words

Whole = Callable[[str], dict[str, bytes]]
SURROUNDINGS = {
    "no locale": {"PYTHONHASHSEED": "1", "LC_ALL": "C"},
    "a German locale, no UTF-8 mode": {
        "PYTHONHASHSEED": "4294967295",
        "LC_ALL": "de_DE.UTF-8",
        "PYTHONUTF8": "0",
        "TZ": "Asia/Seoul",
    },
}
COMMAND = [sys.executable, str(run.ROOT / "run.py")]


@pytest.mark.long
@pytest.mark.parametrize("surroundings", SURROUNDINGS.values(), ids=list(SURROUNDINGS))
def test_the_environment_changes_nothing(
    tmp_path: Path, whole: Whole, surroundings: dict[str, str]
) -> None:
    environment = {**os.environ, **surroundings}
    subprocess.run(
        [*COMMAND, *words("plain")], cwd=tmp_path, env=environment, check=True, timeout=SECONDS
    )
    assert results(tmp_path) == whole("plain")


@pytest.mark.long
def test_a_terminal_and_a_folder_with_an_odd_name_change_nothing(
    tmp_path: Path, whole: Whole
) -> None:
    folder = tmp_path / "naïve Ordner, 50 %"
    folder.mkdir()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *words("plain")], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    while read(ours):
        pass
    assert process.wait(SECONDS) == 0
    assert results(folder) == whole("plain")


def read(terminal: int) -> bytes:
    """What a terminal is told; nothing once nobody is there any more."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
