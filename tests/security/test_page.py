"""The dashboard's page is offered to this machine alone; a long test looks at the real socket."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from whynorm.tasks import local_dashboard


class Shown(Exception):
    """The page would be served now."""


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What trackio is asked for, once something is shown by it."""
    said: dict[str, Any] = {}

    def show(name: str, **options: Any) -> None:
        said.update(options)
        raise Shown

    trackio, storage = ModuleType("trackio"), ModuleType("trackio.sqlite_storage")
    trackio.show = show  # pyright: ignore[reportAttributeAccessIssue]
    storage.SQLiteStorage = None  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "trackio", trackio)
    monkeypatch.setitem(sys.modules, "trackio.sqlite_storage", storage)
    monkeypatch.setattr(local_dashboard, "find_spec", lambda name: True)
    return said


def test_the_page_is_asked_for_on_this_machine_alone(asked: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Shown):
        local_dashboard.serve("seen", [], tmp_path, None)
    assert (asked["host"], asked["share"], asked["mcp_server"]) == ("127.0.0.1", False, False)
