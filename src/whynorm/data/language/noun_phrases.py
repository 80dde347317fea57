"""Noun phrases drawn at random from the lexicon, each noun once in a sentence."""

from random import Random

from whynorm.data.language.lexicon import Lexicon
from whynorm.data.language.syntax import (
    DEFINITE,
    EVERY,
    INDEFINITE,
    MY,
    OUR,
    THIS,
    THREE,
    TWO,
    Couple,
    Determiner,
    Location,
    Nominal,
    Phrase,
    Pronoun,
)
from whynorm.data.language.words import Case, Name, Noun, Number, Verb

PRONOUNS = (
    Pronoun(1, "singular", "ich", "mich", "mir", "I", "me"),
    Pronoun(2, "singular", "du", "dich", "dir", "you", "you"),
    Pronoun(3, "singular", "er", "ihn", "ihm", "he", "him"),
    Pronoun(3, "singular", "sie", "", "ihr", "she", "her"),
    Pronoun(1, "plural", "wir", "uns", "uns", "we", "us"),
    # "sie" means both her and them: as an object it stands in the dative alone.
    Pronoun(3, "plural", "sie", "", "ihnen", "they", "them"),
)
# Only "ich" and "du" have verb forms of their own, which must not be rare.
_PRONOUN_WEIGHTS = (5, 5, 2, 2, 2, 2)
IT = Pronoun(3, "singular", "es", "", "", "it", "it")
ANIMATE = ("person", "animal")
_SURFACE_PREPOSITIONS = (
    ("auf", "on"),
    ("auf", "on"),
    ("unter", "under"),
    ("neben", "next to"),
)
_SUBJECT_WEIGHTS = ((DEFINITE, 60), (INDEFINITE, 12), (THIS, 9), (MY, 13), (OUR, 4), (EVERY, 2))
_OBJECT_WEIGHTS = ((DEFINITE, 46), (INDEFINITE, 38), (THIS, 6), (MY, 8), (OUR, 2))


class NounPhrases:
    """A source of noun phrases for one sentence after another; `room` counts German tokens left."""

    def __init__(self, lexicon: Lexicon, random: Random) -> None:
        self.lexicon, self.random = lexicon, random
        self.start(0)

    def start(self, room: int) -> None:
        """Forgets the last sentence; the next may take about `room` German tokens."""
        self.room = room
        self.used: set[str] = set()
        # What an adjective may be added to; "the sad doctor is sad" is not said.
        self.phrases: list[Phrase] = []

    def spend(self, cost: int, chance: float) -> bool:
        """Whether something of `cost` tokens is said; the likelier, the more room is left."""
        said = self.room >= cost and self.random.random() < chance + self.room / 60
        self.room -= cost if said else 0
        return said

    def phrase(self, kinds: tuple[str, ...], role: str) -> Phrase:
        """A noun of one of the kinds with a determiner that suits a "subject" or "object"."""
        kind, noun = self._noun(kinds)
        plural = not (noun.mass or noun.single) and self.random.random() < 0.3
        number: Number = "plural" if plural else "singular"
        phrase = Phrase(noun, kind, number, self._determiner(role, kind, noun, plural))
        self.phrases.append(phrase)
        self.room -= 2
        return phrase

    def _noun(self, kinds: tuple[str, ...]) -> tuple[str, Noun]:
        nouns = self.lexicon.nouns
        for _ in range(20):
            kind = self.random.choices(kinds, [len(nouns[kind]) for kind in kinds])[0]
            noun = self.random.choice(nouns[kind])
            if noun.german not in self.used:
                break
        self.used.add(noun.german)
        return kind, noun

    def _determiner(self, role: str, kind: str, noun: Noun, plural: bool) -> Determiner:
        table = _SUBJECT_WEIGHTS if role == "subject" else _OBJECT_WEIGHTS
        choices, weights = zip(*table, strict=True)
        chosen = self.random.choices(choices, weights)[0]
        if plural and self.random.random() < 0.12:
            return self.random.choice((TWO, THREE))
        if noun.kin == "must":
            return chosen if chosen in (DEFINITE, OUR) else MY
        if chosen in (MY, OUR) and kind == "person" and not noun.kin:
            return DEFINITE
        bare = chosen is INDEFINITE and role == "subject" and (plural or kind not in ANIMATE)
        bare = bare or (chosen is INDEFINITE and plural and kind == "person")
        return DEFINITE if bare or (chosen is EVERY and (plural or noun.mass)) else chosen

    def subject(self, verb: Verb) -> Nominal:
        """Somebody or something that does what the verb says."""
        if "person" in verb.subjects and self.random.random() < 0.22:
            self.room -= 1
            return self.random.choices(PRONOUNS, _PRONOUN_WEIGHTS)[0]
        if "person" in verb.subjects and self.random.random() < 0.1:
            return self.name()
        if "person" in verb.subjects and self.spend(5, 0.03):
            self.room += 5
            return Couple(self._half(), self._half())
        return self.described(self.phrase(verb.subjects, "subject"), verb)

    def _half(self) -> Phrase | Name:
        if self.random.random() < 0.5:
            return self.name()
        phrase = self.phrase(("person",), "subject")
        phrase.number = "singular"
        if phrase.determiner not in (MY, OUR):
            phrase.determiner = DEFINITE
        return phrase

    def name(self) -> Name:
        """A person's name that the sentence has not used."""
        free = [name for name in self.lexicon.people if name.german not in self.used]
        chosen = self.random.choice(free or list(self.lexicon.people))
        self.used.add(chosen.german)
        self.room -= 1
        return chosen

    def described(self, phrase: Phrase, verb: Verb) -> Phrase:
        """The phrase, perhaps with its owner ("der Frau", "Annas") or with what somebody wears.

        Beside a dative object a genitive could be taken for it, so there is none.
        """
        definite = phrase.determiner is DEFINITE
        owned = phrase.noun.kin or phrase.kind not in ("person", "drink", "opening")
        if definite and owned and verb.frame not in ("dative", "recipient"):
            if self.spend(2, 0.05):
                self._own(phrase)
        elif _dressed(phrase) and verb.frame != "preposition" and self.spend(3, 0.03):
            phrase.attribute = self.phrase(("accessory",), "object")
            phrase.attribute.number = "singular"
            phrase.attribute.determiner = self.random.choice((DEFINITE, INDEFINITE))
        return phrase

    def _own(self, phrase: Phrase) -> None:
        if self.random.random() < 0.4:
            # "Annas Nachbarn" could be one or many: with a name only one is meant.
            phrase.owner, phrase.number = self.name(), "singular"
            return
        owner = self.phrase(("person",), "object")
        owner.number = "singular"
        if owner.determiner not in (MY, OUR):
            owner.determiner = DEFINITE
        phrase.owner = owner

    def place(self, case: Case, home: bool = False) -> Location:
        """Where something happens: "im Garten"; with `home` where one lives."""
        phrase = self._spot("place")
        if home:
            phrase.noun = self.random.choice([n for n in self.lexicon.nouns["place"] if n.home])
        german, english = phrase.noun.preposition
        return Location(german, english, case, phrase)

    def furniture(self, verb: Verb, case: Case) -> Location:
        """Where something lies or is put, or what somebody sits on."""
        if verb.preposition[0]:
            return Location(verb.preposition[0], verb.preposition[1], case, self._spot("seat"))
        german, english = self.random.choice(_SURFACE_PREPOSITIONS)
        return Location(german, english, case, self._spot(self.random.choice(("surface", "seat"))))

    def _spot(self, kind: str) -> Phrase:
        phrase = self.phrase((kind,), "object")
        phrase.number = "singular"
        phrase.determiner = INDEFINITE if self.random.random() < 0.15 else DEFINITE
        return phrase

    def goal(self) -> Location:
        """Where somebody goes: "in den Garten", "zum Bahnhof"."""
        place = self.place("accusative")
        if place.german == "in" and place.english == "in":
            return Location("in", "into", "accusative", place.phrase)
        return Location("zu", "to", "dative", place.phrase)

    def town(self, german: str, english: str) -> Location:
        """A town with its preposition."""
        self.room -= 2
        return Location(german, english, "dative", self.random.choice(self.lexicon.towns))


def _dressed(phrase: Phrase) -> bool:
    one = phrase.number == "singular" and phrase.determiner is DEFINITE
    return phrase.kind == "person" and one and phrase.noun.kin != "must"
