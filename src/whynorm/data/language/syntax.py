"""The trees that both languages are read from: phrases, clauses, sentences."""

from dataclasses import dataclass
from typing import Literal

from whynorm.data.language.words import (
    Adjective,
    Case,
    Manner,
    Modal,
    Name,
    Noun,
    Number,
    Tense,
    Time,
    Verb,
)

Declension = Literal["weak", "mixed", "strong"]
Place = Literal["subject", "object"]
Front = Literal["subject", "time", "location", "verb"]


@dataclass(frozen=True)
class Determiner:
    """An article or its like: stem and declension in German, both numbers in English."""

    stem: str
    declension: Declension
    english: str
    english_plural: str


DEFINITE = Determiner("d", "weak", "the", "the")
THIS = Determiner("dies", "weak", "this", "these")
EVERY = Determiner("jed", "weak", "every", "")
INDEFINITE = Determiner("ein", "mixed", "a", "")
NO = Determiner("kein", "mixed", "a", "any")
MY = Determiner("mein", "mixed", "my", "my")
OUR = Determiner("unser", "mixed", "our", "our")
TWO = Determiner("zwei", "strong", "", "two")
THREE = Determiner("drei", "strong", "", "three")


@dataclass(frozen=True)
class Pronoun:
    """A personal pronoun: person 1 to 3, German forms by case, English subject and object."""

    person: int
    number: Number
    nominative: str
    accusative: str
    dative: str
    english: str
    english_object: str


@dataclass
class Phrase:
    """A noun with all that belongs to it; with `owner` a Name, no determiner is spoken."""

    noun: Noun
    kind: str
    number: Number
    determiner: Determiner
    adjective: Adjective | None = None
    owner: "Phrase | Name | None" = None
    attribute: "Phrase | None" = None
    relative: "Clause | None" = None

    @property
    def definite(self) -> bool:
        """Whether the phrase is about something known."""
        return self.determiner not in (INDEFINITE, NO, TWO, THREE)


@dataclass(frozen=True)
class Couple:
    """Two subjects joined by "und"."""

    first: "Phrase | Name"
    second: "Phrase | Name"


Nominal = Phrase | Couple | Pronoun | Name


@dataclass(frozen=True)
class Location:
    """A place with the prepositions and the case that the verb asks for; towns bear no article."""

    german: str
    english: str
    case: Case
    phrase: Phrase | Name


@dataclass
class Clause:
    """Who does what to whom, when, where and how; `gap` is the place a relative pronoun fills."""

    verb: Verb
    subject: Nominal
    tense: Tense = "present"
    modal: Modal | None = None
    negated: bool = False
    habitual: bool = False
    gap: Place | None = None
    front: Front = "subject"
    object: Nominal | None = None
    recipient: Phrase | Pronoun | Name | None = None
    argument: Location | None = None
    location: Location | None = None
    time: Time | None = None
    manner: Manner | None = None
    predicate: Adjective | None = None
    complement: "Clause | None" = None


@dataclass(frozen=True)
class Link:
    """A conjunction. German writes a comma before "aber" and what is subordinate, English before
    "although" and what is not: `comma` marks "aber" and "although".
    """

    german: str
    english: str
    subordinate: bool
    comma: bool
    habitual: bool = False


@dataclass(frozen=True)
class Sentence:
    """One main clause, or two clauses and their link; `second_first` puts the second in front."""

    first: Clause
    link: Link | None = None
    second: Clause | None = None
    second_first: bool = False


def person_of(nominal: Nominal) -> tuple[int, Number]:
    """The person and number that the finite verb agrees with."""
    if isinstance(nominal, Couple):
        return 3, "plural"
    if isinstance(nominal, Name):
        return 3, "singular"
    return (nominal.person, nominal.number) if isinstance(nominal, Pronoun) else (3, nominal.number)
