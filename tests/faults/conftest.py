"""Undisturbed runs to compare with, and the table of what was tried.

FAULT_TABLE=docs/faults.md writes the table into that page, when the tests are over.
"""

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.faults.places import Signal
from tests.faults.table import published
from tests.faults.trial import results, train, words

TABLE = os.environ.get("FAULT_TABLE")


@pytest.fixture(scope="package")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """What an undisturbed run of a way of training comes to."""

    @cache
    def made(way: str) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp(way)
        ended = train(folder, words(way))
        assert ended.code == 0, ended.said
        return results(folder)

    return made


@pytest.fixture(scope="package")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose run was killed after some updates; to be copied before it is spoilt."""
    folder = tmp_path_factory.mktemp("stopped")
    assert train(folder, words("plain"), Signal("a batch", 8)).code == -9
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write the table, where one is asked for."""
    ended: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed", "error", "skipped"):
        for report in terminalreporter.stats.get(outcome, []):
            kind = report.nodeid.partition("[")[0]
            ended.setdefault(kind, Counter())[outcome] += 1
    if TABLE:
        published(Path(TABLE), ended)
