from pathlib import Path

import pytest

from tests.tasks.launching import TINY, Ended, launch, only_run


@pytest.fixture(scope="session")
def trained_as(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """A folder in which one tiny model was trained, and how that went."""
    folder = tmp_path_factory.mktemp("trained")
    ended = launch(folder, *TINY)
    assert ended.code == 0, ended.out + ended.err
    return folder, ended


@pytest.fixture
def trained(trained_as: tuple[Path, Ended]) -> Path:
    """The run folder of a tiny trained model."""
    return only_run(trained_as[0])
