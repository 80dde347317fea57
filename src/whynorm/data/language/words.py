"""What a dictionary entry holds; every entry names its German and its English side."""

from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f", "n"]
Number = Literal["singular", "plural"]
Case = Literal["nominative", "accusative", "dative", "genitive"]
Tense = Literal["present", "past", "future"]
Aspect = Literal["event", "instant", "state"]
Frame = Literal[
    "intransitive",
    "accusative",
    "dative",
    "recipient",
    "preposition",
    "direction",
    "journey",
    "residence",
    "position",
    "placement",
    "predicate",
    "that",
    "weather",
]


@dataclass(frozen=True)
class Noun:
    """A noun; without a plural a mass noun; a weak noun ends in -(e)n outside the nominative.

    People are somebody's ("my", "Anna's") where `kin` is "may" or "must", and then not "a" or
    "this"; `single` nouns stay in the singular; one lives in a `home`.
    """

    german: str
    gender: Gender
    german_plural: str
    english: str
    english_plural: str = ""
    weak: bool = False
    preposition: tuple[str, str] = ("in", "in")
    kin: Literal["", "may", "must"] = ""
    single: bool = False
    home: bool = False

    @property
    def mass(self) -> bool:
        """Whether it cannot be counted."""
        return not self.german_plural


@dataclass(frozen=True)
class Name:
    """A person's or a town's name."""

    german: str
    english: str


@dataclass(frozen=True)
class Verb:
    """A verb with its forms, what it takes (frame), and which nouns fit its places.

    An "event" is told in the English progressive, an "instant" and a "state" in the simple
    present; a "state" takes no modal verb except the future. A `hopeful` verb of saying is not
    told in the past, where its clause would have to look ahead.
    """

    german: str
    third: str
    participle: str
    english: str
    past: str
    frame: Frame = "intransitive"
    subjects: tuple[str, ...] = ("person",)
    objects: tuple[str, ...] = ()
    gerund: str = ""
    prefix: str = ""
    auxiliary: Literal["haben", "sein"] = "haben"
    tail: str = ""
    splits: bool = False
    preposition: tuple[str, str, Case] = ("", "", "dative")
    aspect: Aspect = "event"
    hopeful: bool = False

    @property
    def case(self) -> Case:
        """The case of its object."""
        if self.frame == "preposition":
            return self.preposition[2]
        return "dative" if self.frame == "dative" else "accusative"


@dataclass(frozen=True)
class Adjective:
    """An adjective, the German stem that its endings join, and the classes of nouns it suits.

    Of people only a `passing` state is said: "is tired".
    """

    german: str
    english: str
    classes: tuple[str, ...]
    stem: str = ""
    passing: bool = False


@dataclass(frozen=True)
class Time:
    """An adverbial of time; `habit` asks for the simple present, `frequency` stands by the verb."""

    german: str
    english: str
    tenses: tuple[Tense, ...]
    habit: bool = False
    frequency: bool = False
    fronts: bool = True


@dataclass(frozen=True)
class Manner:
    """An adverb of manner."""

    german: str
    english: str


@dataclass(frozen=True)
class Modal:
    """A verb that takes an infinitive: its German forms (ich, du, er, wir) and its English."""

    forms: tuple[str, str, str, str]
    english: str
    negatable: bool = True
