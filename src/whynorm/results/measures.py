"""What the measured columns are called, in which unit, and how their numbers are written."""

import math
from typing import NamedTuple

MISSING = "–"


class Measure(NamedTuple):
    """A measured column: its name, its unit, and the decimals worth reading."""

    name: str
    unit: str = ""
    decimals: int = 3

    @property
    def words(self) -> str:
        """Name and unit."""
        return f"{self.name}, {self.unit}" if self.unit else self.name


NATS = "nats per token"
MEASURES = {
    "bleu": Measure("BLEU", decimals=2),
    "chrf": Measure("chrF", decimals=2),
    "exact_match": Measure("exact match", "%", 2),
    "train_loss": Measure("training loss", NATS, 3),
    "val_loss": Measure("validation loss", NATS, 3),
    "test_loss": Measure("test loss", NATS, 3),
    "seconds": Measure("seconds", "", 1),
    "updates": Measure("updates", decimals=0),
    "target_tokens": Measure("target tokens", decimals=0),
    "tokens_per_batch": Measure("target tokens an update", decimals=1),
    "learning_rate": Measure("learning rate", decimals=6),
    "leaking": Measure("sees the answer"),
    "val/loss": Measure("validation loss", NATS, 3),
    "val/bleu": Measure("validation BLEU", "", 2),
    "train/loss": Measure("training loss", NATS, 3),
}


def measure(column: str) -> Measure:
    """What is known of a column; its own name where nothing is."""
    return MEASURES.get(column) or Measure(column.replace("_", " "))


def written(value: float, decimals: int, *, signed: bool = False) -> str:
    """The number with a true minus sign and commas at thousands; a dash where there is none."""
    if math.isnan(value):
        return MISSING
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:+,.{decimals}f}" if signed else f"{value:,.{decimals}f}"
    return text.replace("-", "−")


def rounded(value: float, decimals: int, *, signed: bool = False) -> str:
    """The number as it is written; what rounds to 0 has no minus."""
    return written(round(value, decimals) + 0.0, decimals, signed=signed)


def brief(value: float) -> str:
    """The number in as few characters as tell it: 0.0015, 32, 1,024."""
    if not math.isfinite(value):
        return written(value, 0)
    text = f"{value:,.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:.4g}"
    return text.replace("-", "−")


def number(text: object) -> float | None:
    """The finite number that a text or value is, or None."""
    if isinstance(text, bool):
        return None
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
