"""Hydra's store of configs, so that it is read often at no cost."""

from typing import Any

from hydra.core.config_store import ConfigStore


class Shared(dict[str, Any]):
    """The content of a store, of which every deep copy is itself.

    Hydra copies its store whole whenever it composes a config or lists the options of a group,
    and copies what it takes out of the store once more.
    """

    def __deepcopy__(self, memo: dict[int, Any]) -> "Shared":
        return self


def share() -> None:
    """Let Hydra's store be copied no more."""
    store = ConfigStore.instance()
    store.repo = Shared(store.repo)
