"""What every test of results stands on."""

import gc

import pytest


@pytest.fixture(autouse=True)
def uncollected(monkeypatch: pytest.MonkeyPatch) -> None:
    """No collection of garbage: statsmodels asks for one in each correction, slow beside torch."""
    monkeypatch.setattr(gc, "collect", lambda: 0)
