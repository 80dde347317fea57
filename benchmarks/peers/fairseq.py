"""fairseq, which is told of and not run: its last release is older than Python 3.11."""

from torch import nn

from whynorm.benchmarks.peer import Peer


class Training(Peer):
    """Takes no part, and says why."""

    def build(self) -> nn.Module:
        """Raises RuntimeError with what importing fairseq comes to."""
        raise RuntimeError(
            "fairseq 0.12.2, its last release, cannot be imported by Python 3.11 or newer: "
            "its configurations have defaults that dataclasses refuse"
        )
