"""Clauses drawn at random: a verb, what fits it, and what there is room for."""

from collections.abc import Sequence
from random import Random

from whynorm.data.language.conditions import animate, closed, distinct, placed, tenseless, timely
from whynorm.data.language.lexicon import Lexicon
from whynorm.data.language.noun_phrases import ANIMATE, PRONOUNS, NounPhrases
from whynorm.data.language.syntax import (
    EVERY,
    MY,
    NO,
    OUR,
    Clause,
    Nominal,
    Phrase,
    Pronoun,
    person_of,
)
from whynorm.data.language.verbs import COPULA, COPULA_OF_THINGS, FUTURE, MODALS
from whynorm.data.language.words import Adjective, Name, Tense, Time, Verb

_SHELVES = ("intransitive", "accusative", "dative", "recipient", "preposition", "local", "copula")
_WEIGHTS = (20, 38, 8, 12, 10, 16, 8)


class Clauses:
    """A source of clauses that nest at most `nesting` deep."""

    def __init__(self, lexicon: Lexicon, nesting: int, random: Random) -> None:
        self.nouns = NounPhrases(lexicon, random)
        self.lexicon, self.nesting, self.random = lexicon, nesting, random
        self.start(0)

    def start(self, room: int) -> None:
        """Forgets the last sentence; the next may take about `room` German tokens."""
        self.nouns.start(room)
        self.ambiguous, self.timeless = False, False
        self.said: list[Verb] = []
        self.told: list[Time] = []

    def verb(self, linked: bool = False) -> Verb:
        """A verb of a plain clause, not used before; in a linked clause one of living beings."""
        shelf = self.random.choices(_SHELVES, _WEIGHTS)[0]
        if shelf == "copula":
            return COPULA if linked or self.random.random() < 0.5 else COPULA_OF_THINGS
        lively = [v for v in self.lexicon.verbs[shelf] if not linked or v.aspect != "state"]
        return self._new(lively)

    def _new(self, verbs: Sequence[Verb]) -> Verb:
        for _ in range(5):
            verb = self.random.choice(verbs)
            if verb not in self.said:
                break
        self.said.append(verb)
        return verb

    def tense(self) -> Tense:
        """A tense; the future is rare."""
        tenses: tuple[Tense, ...] = ("present", "past", "future")
        return self.random.choices(tenses, (55, 37, 8))[0]

    def clause(self, verb: Verb, tense: Tense, depth: int, habitual: bool = False) -> Clause:
        """A clause that stands `depth` clauses below the main clause, with any subject."""
        if verb is COPULA_OF_THINGS and tense == "future":
            tense = "present"
        subject = self.nouns.subject(verb)
        return self.complete(Clause(verb, subject, tense, habitual=habitual), depth)

    def complete(self, tree: Clause, depth: int) -> Clause:
        """The clause with objects, modal verb, negation, relative clauses and adverbials."""
        self.nouns.room -= 1 + (1 if tree.verb.prefix or tree.tense == "past" else 0)
        self._objects(tree)
        self._mood(tree)
        if isinstance(tree.subject, Phrase) and tree.gap != "subject":
            self._relate(tree.subject, tree, depth, 0.2)
        if isinstance(tree.object, Phrase) and tree.gap != "object":
            self._relate(tree.object, tree, depth, 0.35)
        if not closed(tree):
            self._circumstances(tree)
        self.ambiguous = self.ambiguous or tenseless(tree)
        return tree

    def _objects(self, tree: Clause) -> None:
        verb, nouns = tree.verb, self.nouns
        if verb.objects and tree.gap != "object":
            tree.object = self._object(tree)
        if verb.frame == "recipient":
            tree.recipient = self._recipient(tree)
        elif verb.frame == "direction":
            tree.argument = nouns.goal()
        elif verb.frame == "journey":
            tree.argument = nouns.town("nach", "to")
        elif verb.frame == "residence":
            town = self.random.random() < 0.5
            tree.argument = nouns.town("in", "in") if town else nouns.place("dative", True)
        elif verb.frame in ("position", "placement"):
            case = "dative" if verb.frame == "position" else "accusative"
            tree.argument = nouns.furniture(verb, case)
        elif verb.frame == "predicate":
            tree.predicate = self._predicate(tree.subject)

    def _predicate(self, subject: Nominal) -> Adjective:
        nouns, kind = self.nouns, subject.kind if isinstance(subject, Phrase) else "person"
        nouns.phrases = [phrase for phrase in nouns.phrases if phrase is not subject]
        nouns.room -= 1
        fitting = self.lexicon.adjectives[kind]
        passing = [adjective for adjective in fitting if adjective.passing]
        return self.random.choice(passing if kind in ANIMATE else fitting)

    def _object(self, tree: Clause) -> Nominal:
        verb = tree.verb
        if "person" in verb.objects and self.random.random() < 0.15:
            return self._pronoun(tree, verb.case == "dative")
        return self.nouns.described(self.nouns.phrase(verb.objects, "object"), verb)

    def _recipient(self, tree: Clause) -> Phrase | Pronoun | Name:
        if self.random.random() < 0.3:
            return self._pronoun(tree, True)
        named = self.random.random() < 0.2
        return self.nouns.name() if named else self.nouns.phrase(("person",), "subject")

    def _pronoun(self, tree: Clause, dative: bool) -> Pronoun:
        self.nouns.room -= 1
        who, number = person_of(tree.subject)
        same = number if who == 3 and isinstance(tree.subject, Pronoun) else None
        free = [
            pronoun
            for pronoun in PRONOUNS
            if (pronoun.person != who or (who == 3 and pronoun.number != same))
            and (dative or pronoun.accusative)
        ]
        return self.random.choice(free)

    def _mood(self, tree: Clause) -> None:
        """A modal verb, the future, or "nicht" and "kein"."""
        nouns, plain = self.nouns, tree.verb.aspect != "state"
        if tree.tense == "future":
            tree.modal = FUTURE
            nouns.room -= 1
        elif tree.tense == "present" and plain and animate(tree.subject) and nouns.spend(1, 0.06):
            tree.modal = self.random.choice(MODALS)
        every = isinstance(tree.subject, Phrase) and tree.subject.determiner is EVERY
        can = tree.modal is None or tree.modal.negatable
        if can and not every and not self.timeless and nouns.spend(1, 0.06):
            tree.negated = True
            what = tree.object
            if tree.gap != "object" and isinstance(what, Phrase) and not what.definite:
                what.determiner = NO if tree.verb.frame != "preposition" else what.determiner

    def _relate(self, head: Phrase, tree: Clause, depth: int, chance: float) -> None:
        free = head.determiner not in (MY, OUR, EVERY)
        simple = free and head.owner is None and head.attribute is None
        last = head is tree.subject or tree.argument is None
        if simple and last and depth < self.nesting and self.nouns.spend(5, chance):
            head.relative = self.relative(head, tree.tense, depth + 1)

    def relative(self, head: Phrase, tense: Tense, depth: int) -> Clause | None:
        """A clause about the head, as subject or as object, that can be read in one way only."""
        doing, done_to = self.lexicon.doing[head.kind], self.lexicon.done_to[head.kind]
        self.nouns.room += 1
        past = tense == "past" or self.random.random() < 0.3
        told: Tense = "past" if past else "present"
        if doing and (not done_to or self.random.random() < 0.6):
            verb = self._new(doing)
            return self.complete(Clause(verb, head, told, gap="subject"), depth)
        if not done_to:
            return None
        verb, before = self._new(done_to), len(self.nouns.phrases)
        subject = self.nouns.subject(verb)
        if not distinct(head, verb, subject):
            del self.nouns.phrases[before:]
            return None
        return self.complete(Clause(verb, subject, told, gap="object", object=head), depth)

    def _circumstances(self, tree: Clause) -> None:
        nouns, verb = self.nouns, tree.verb
        if timely(tree) and not self.timeless and nouns.spend(1, 0.22):
            self._when(tree)
        if verb.frame == "intransitive" and not verb.prefix and nouns.spend(1, 0.08):
            many = person_of(tree.subject)[1] == "plural"
            fitting = [m for m in self.lexicon.manners if many or m.german != "zusammen"]
            tree.manner = self.random.choice(fitting)
        if placed(tree) and nouns.spend(2, 0.2):
            tree.location = nouns.place("dative")

    def _when(self, tree: Clause) -> None:
        tense = "future" if tree.modal else tree.tense
        fitting = [
            time
            for time in self.lexicon.times
            if tense in time.tenses
            and time not in self.told
            and not (time.habit and tree.verb.aspect == "instant")
            and (time.habit or not tree.habitual)
            and not (time.habit and tree.negated)
        ]
        if fitting:
            tree.time = self.random.choice(fitting)
            self.told.append(tree.time)
