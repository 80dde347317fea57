from collections.abc import Iterator

import pytest

from tests.cluster import slurm


@pytest.fixture(scope="session")
def cluster() -> Iterator[dict[str, str]]:
    """The environment in which Slurm's commands reach two nodes of this machine."""
    if reason := slurm.obstacle():
        pytest.skip(reason)
    with slurm.two_nodes() as environment:
        yield environment
