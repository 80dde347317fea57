"""Undisturbed runs to compare with, and the table of what was tried."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from tests.faults.trial import results, train, words


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, bytes]]:
    """What an undisturbed run of a way of training comes to."""

    @cache
    def made(way: str) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp(way)
        ended = train(folder, words(way))
        assert ended.code == 0, ended.said
        return results(folder)

    return made


@pytest.fixture(scope="session")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose run was killed after some updates; to be copied before it is spoilt."""
    from tests.faults.places import Signal

    folder = tmp_path_factory.mktemp("stopped")
    assert train(folder, words("plain"), Signal("a batch", 8)).code == -9
    return folder
