"""The plain sections of the configuration, with what may stand in them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Training:
    """How long training goes on, what makes an update, and what is measured on the way."""

    updates: int | None
    epochs: int | None
    accumulate: int
    clip: float | None
    label_smoothing: float
    padding_in_loss: bool
    padding_in_metrics: bool
    validations: int
    translate_validation: int
    tested: Literal["best", "last"]
    reestimate: int
    average: Literal["last", "best"] | None
    average_checkpoints: int
    ema: float | None
    observe: list[Literal["statistics", "flow", "attention"]]
    observe_every: int
    record_batches: bool

    def __post_init__(self) -> None:
        for name in (
            "updates",
            "epochs",
            "accumulate",
            "validations",
            "average_checkpoints",
            "observe_every",
        ):
            require_least(f"training.{name}", getattr(self, name), 1)
        require_least("training.translate_validation", self.translate_validation, 0)
        require_least("training.reestimate", self.reestimate, 0)
        require_least("training.clip", self.clip, 0)
        if self.ema is not None and not 0 <= self.ema < 1:
            raise ValueError(f"training.ema={self.ema} is no share below 1; choose e.g. 0.999")
        if self.average and self.tested == "last":
            raise ValueError(
                f"training.average={self.average} is tested instead of any one checkpoint; "
                "leave training.tested=best"
            )
        if self.updates is None and self.epochs is None:
            raise ValueError(
                "training.updates=null and training.epochs=null never end; set one of them"
            )
        if self.average and self.ema is not None:
            raise ValueError(
                f"training.average={self.average} and training.ema={self.ema} both average the "
                "weights; set one of them to null"
            )


@dataclass(frozen=True, kw_only=True)
class Resume:
    """How a training that was stopped goes on, and what is kept for that."""

    anew: bool
    strict: bool
    seconds: float
    states: int

    def __post_init__(self) -> None:
        require_least("resume.seconds", self.seconds, 0)
        require_least("resume.states", self.states, 2)


@dataclass(frozen=True, kw_only=True)
class Decoding:
    """How the trained model translates."""

    beam: int
    length_penalty: float
    extra_tokens: int
    sentences_per_batch: int

    def __post_init__(self) -> None:
        require_least("decoding.beam", self.beam, 1)
        require_least("decoding.sentences_per_batch", self.sentences_per_batch, 1)


def require_least(name: str, value: float | None, least: int) -> None:
    """Refuse a number that is too small; None means without limit."""
    if value is not None and value < least:
        raise ValueError(f"{name}={value} is too small; choose {least} or more")
