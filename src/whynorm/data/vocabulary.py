"""Text as ids and back: what every vocabulary does, and the two of a translation."""

import importlib
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAD, UNKNOWN, BEGIN, END = range(4)
SPECIAL = 4
UNKNOWN_TEXT = "<unknown>"


class Vocabulary(ABC):
    """A code of texts by ids; PAD, UNKNOWN, BEGIN and END are the first four in every one.

    `lower_case` is True where it does not know capital letters.
    """

    lower_case: bool = False

    @abstractmethod
    def encode(self, text: str) -> list[int]:
        """The ids of a text, without BEGIN and END; none only where the text is blank."""

    @abstractmethod
    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; PAD, BEGIN and END have none."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What `of_state` needs to make the same vocabulary again, as plain JSON values."""

    @classmethod
    @abstractmethod
    def of_state(cls, state: dict[str, Any]) -> "Vocabulary":
        """The vocabulary that had this state."""


@dataclass(frozen=True)
class Vocabularies:
    """The vocabularies of the source and of the target; joint where they are one and the same."""

    source: Vocabulary
    target: Vocabulary
    joint: bool

    @property
    def lower_case(self) -> bool:
        """True where a translation has no capital letters."""
        return self.target.lower_case

    def save(self, path: Path) -> None:
        """Write both into one JSON file; no reader ever sees half of it."""
        sides = {"source": self.source} if self.joint else vars(self)
        saved = {name: _saved(sides[name]) for name in ("source", "target") if name in sides}
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}")
        text = json.dumps({"joint": self.joint, **saved}, ensure_ascii=False, indent=1)
        try:
            unfinished.write_text(text, encoding="utf-8")
            os.replace(unfinished, path)
        finally:
            unfinished.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: Path) -> "Vocabularies":
        """The vocabularies in a file that `save` wrote; ValueError for any other."""
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
            source = _restored(saved["source"])
            target = source if saved["joint"] else _restored(saved["target"])
            return cls(source, target, saved["joint"])
        except OSError as error:
            raise ValueError(
                f"{path} cannot be read ({error.strerror}); name a folder of a run that has begun"
            ) from error
        except (ValueError, KeyError, TypeError, ImportError, AttributeError) as error:
            raise ValueError(
                f"{path} holds no vocabulary ({error}); train again, or restore the file"
            ) from error


def _saved(vocabulary: Vocabulary) -> dict[str, Any]:
    return {"class": _name(type(vocabulary)), "state": vocabulary.state()}


def _restored(saved: dict[str, Any]) -> Vocabulary:
    name = saved["class"]
    if name.startswith(f"{__package__}."):
        importlib.import_module(name.rpartition(".")[0])
    known = {_name(kind): kind for kind in _kinds(Vocabulary)}
    if name not in known:
        raise ValueError(f"{name} is no vocabulary")
    return known[name].of_state(saved["state"])


def _kinds(kind: type[Vocabulary]) -> Iterator[type[Vocabulary]]:
    """The vocabularies that are imported; a file may name no other but those of this folder."""
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def _name(kind: type[Vocabulary]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
