from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.results.browser import running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser, where this machine has one."""
    with running() as found:
        yield found
