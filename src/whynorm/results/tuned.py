"""How each arm came to its learning rate, and whether the search was wide enough."""

import csv
import json
from pathlib import Path
from typing import NamedTuple


class Tuned(NamedTuple):
    """The search, as it was made, and its trials."""

    key: str
    low: float
    high: float
    trials: int
    metric: str
    seed: int
    found: list[dict[str, str]]

    @staticmethod
    def read(record: Path, trials: Path) -> "Tuned":
        """The search that these files tell of.

        Raises ValueError where there is none.
        """
        if not record.is_file() or not trials.is_file():
            raise ValueError(f"{record.parent} holds runs that were tuned, but not how")
        with trials.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        return Tuned(**json.loads(record.read_text(encoding="utf-8")), found=rows)

    def sentence(self) -> str:
        """What was searched."""
        return (
            f"each arm at its own best {self.key} of {self.trials} trials between {self.low:g} and "
            f"{self.high:g}, by {self.metric} with seed {self.seed}"
        )

    def at_the_edge(self) -> list[str]:
        """Sentences on arms whose best value is the smallest or the largest that was tried."""
        arms: dict[str, list[tuple[float, float]]] = {}
        for row in self.found:
            labels = [value for key, value in row.items() if key not in (self.key, self.metric)]
            if row[self.metric] != "None":
                measured = float(row[self.metric]), float(row[self.key])
                arms.setdefault(" ".join(labels), []).append(measured)
        choose = min if self.metric.endswith("loss") else max
        return [
            f"{arm}: its best {self.key} is the {edge} that was tried, a wider search may help it"
            for arm, trials in arms.items()
            for edge, end in (("smallest", min), ("largest", max))
            if choose(trials)[1] == end(value for _, value in trials)
        ]
