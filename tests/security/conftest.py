from tests.tasks.conftest import trained, trained_as

__all__ = ["trained", "trained_as"]
