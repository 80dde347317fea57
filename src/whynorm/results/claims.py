"""Sentences that explanations repeat: what was found of each, and on which numbers that rests."""

from collections.abc import Mapping
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, get_args

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    TypeAdapter,
    ValidationError,
    model_validator,
)

Verdict = Literal[
    "holds", "holds with conditions", "does not hold", "not decided at this scale", "open"
]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
OPEN: Verdict = "open"


def text(value: Any) -> str:
    """A label or a cell as tables write it."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{value} is neither text nor number: put yes, no and null between quotes")


def texts(value: Any) -> list[str]:
    """One label, or each of several."""
    return [text(one) for one in (value if isinstance(value, list) else [value])]


Label = Annotated[str, BeforeValidator(text)]
Labels = Annotated[list[str], BeforeValidator(texts)]


class Entry(BaseModel):
    """A mapping of the file, in which every key is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Cell(Entry):
    """Where a number stands: in the one row of a table that has these labels, and in a column.

    The table is a file below experiments/; without `decimals` a number has those of its measure.
    """

    table: str
    row: dict[str, Label]
    column: str
    decimals: int | None = None


class Ground(Entry):
    """What must be so for a verdict to stand: every row with these labels says one of these."""

    table: str
    row: dict[str, Labels]
    says: dict[str, Labels]


class Wording(Entry):
    """A claim in one language; numbers have places in the answer, as {name}."""

    claim: str
    measured: str
    answer: str = ""

    @model_validator(mode="after")
    def bears_no_number(self) -> "Wording":
        """Refuse a number that is typed into the answer; names may hold digits, as peek_1 does."""
        outside = " ".join(literal for literal, *_ in Formatter().parse(self.answer))
        typed = [word for word in outside.split() if begins_a_number(word)]
        if typed:
            raise ValueError(f"'{typed[0]}' is typed into the answer: give it a place, as {{name}}")
        return self

    def places(self) -> set[str]:
        """The names that the answer has places for; ValueError where one is more than a name."""
        found = [part[1:] for part in Formatter().parse(self.answer) if part[1] is not None]
        for name, form, conversion in found:
            if form or conversion or not str(name).isidentifier():
                raise ValueError(f"{{{name}}} in the answer is no plain name")
        return {str(name) for name, *_ in found}


class Claim(Entry):
    """A claim in every language, its verdict, and all that belongs to it.

    `experiments` are the folders that it was, or will be, held against; `figure` is a file below
    experiments/.
    """

    number: int
    verdict: Verdict
    en: Wording
    ko: Wording
    experiments: list[str] = []
    figure: str | None = None
    numbers: dict[str, Cell] = {}
    rests_on: list[Ground] = []

    @property
    def said(self) -> Mapping[str, Wording]:
        """The claim by language."""
        return {"en": self.en, "ko": self.ko}

    @model_validator(mode="after")
    def is_whole(self) -> "Claim":
        """Refuse an answer without experiment or verdict, and numbers and places that do not meet.

        Raises ValueError.
        """
        answered = self.verdict != OPEN
        if any(bool(wording.answer) != answered for wording in self.said.values()):
            raise ValueError(f"verdict: {self.verdict}: all but an open claim has its answers")
        if answered and not (self.experiments and self.figure):
            raise ValueError("an answer needs experiments and a figure")
        for language, wording in self.said.items():
            if wording.places() != set(self.numbers):
                raise ValueError(
                    f"{language}.answer has places for {sorted(wording.places())}, and numbers "
                    f"are {sorted(self.numbers)}"
                )
        return self


def begins_a_number(word: str) -> bool:
    """Whether a digit of the word stands elsewhere than behind a letter, as it does in float16."""
    before = [" ", *word]
    return any(
        digit.isdecimal() and not ((mark.isascii() and mark.isalnum()) or mark == "_")
        for mark, digit in zip(before, word, strict=False)
    )


def read(path: Path) -> list[Claim]:
    """The claims of a file, numbered from 1 on; ValueError where one is not as it should be."""
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        found = TypeAdapter(list[Claim]).validate_python(entries)
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise ValueError(f"{path}: {first_of(error)}") from error
    if [claim.number for claim in found] != list(range(1, len(found) + 1)):
        raise ValueError(f"{path}: claims are to be numbered 1, 2, 3 and so on, each once")
    return found


def first_of(error: ValidationError) -> str:
    """The first mistake in one sentence: in which claim, where in it, and what."""
    mistake = error.errors(include_url=False)[0]
    where, *inside = mistake["loc"] or ("",)
    place = ".".join(str(part) for part in inside)
    claim = f"claim {where + 1}" if isinstance(where, int) else str(where)
    return ": ".join(part for part in (claim, place, mistake["msg"]) if part)
