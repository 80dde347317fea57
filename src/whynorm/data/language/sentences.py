"""Whole sentences drawn at random, with a German length that was asked for."""

import re
from random import Random

from whynorm.data.language.clauses import Clauses
from whynorm.data.language.conditions import closed
from whynorm.data.language.english import english
from whynorm.data.language.german import german
from whynorm.data.language.lexicon import Lexicon
from whynorm.data.language.noun_phrases import IT
from whynorm.data.language.syntax import Clause, Link, Phrase, Sentence
from whynorm.data.language.words import Tense

BECAUSE = Link("weil", "because", subordinate=True, comma=False)
ALTHOUGH = Link("obwohl", "although", subordinate=True, comma=True)
WHENEVER = Link("wenn", "when", subordinate=True, comma=False, habitual=True)
WHEN = Link("als", "when", subordinate=True, comma=False)
AND = Link("und", "and", subordinate=False, comma=False)
BUT = Link("aber", "but", subordinate=False, comma=True)
_LAST = {"present": (BECAUSE, BECAUSE, ALTHOUGH, WHENEVER), "past": (BECAUSE, ALTHOUGH, WHEN)}


class Sentences:
    """A source of sentences that nest at most `nesting` deep."""

    def __init__(self, lexicon: Lexicon, nesting: int, random: Random) -> None:
        self.clauses = Clauses(lexicon, nesting, random)
        self.lexicon, self.nesting, self.random = lexicon, nesting, random

    def draw(self, length: int) -> Sentence | None:
        """A sentence of `length` German words and marks, or None where the attempt missed."""
        self.clauses.start(length - 1)
        sentence = self._sentence(length)
        missing = length - len(written(german(sentence)))
        plain = [phrase for phrase in self.clauses.nouns.phrases if self._describable(phrase)]
        if self.clauses.ambiguous or missing < 0 or missing > (2 * len(plain) + 2) // 3:
            return None
        for phrase in self.random.sample(plain, missing):
            phrase.adjective = self.random.choice(self.lexicon.adjectives[phrase.kind])
        return sentence

    def _describable(self, phrase: Phrase) -> bool:
        return bool(self.lexicon.adjectives[phrase.kind])

    def _sentence(self, length: int) -> Sentence:
        chance = self.random.random()
        if self.nesting and length >= 8 and chance < 0.3:
            return self._subordinate()
        if self.nesting and length >= 8 and chance < 0.45:
            return Sentence(self._reporting(self.clauses.tense(), 0))
        if length >= 9 and chance < (0.6 if length < 14 else 0.85):
            return self._coordinate()
        return Sentence(self._main(self.clauses.tense(), alone=True))

    def _main(self, tense: Tense, alone: bool = False, habitual: bool = False) -> Clause:
        """A main clause; alone it may be a question."""
        tree = self.clauses.clause(self.clauses.verb(not alone), tense, 0, habitual)
        # Asking with auxiliaries only keeps every sentence's first word frequent.
        auxiliary = tree.tense == "past" or tree.modal is not None
        asked = alone and auxiliary and self.random.random() < 0.12
        return self._fronted(tree, asked)

    def _fronted(self, tree: Clause, asked: bool = False) -> Clause:
        """The clause, perhaps with its time or place in front; after a closed clause only there."""
        times = self.lexicon.times
        if asked:
            tree.front = "verb"
        elif closed(tree) and tree.verb.aspect != "state" and self.clauses.nouns.spend(1, 0.3):
            fitting = [t for t in times if _fits(tree, t.tenses, t.habit) and t.fronts]
            tree.time, tree.front = self.random.choice(fitting), "time"
        elif tree.time is not None and tree.time.fronts and self.random.random() < 0.5:
            tree.front = "time"
        elif tree.location is not None and self.random.random() < 0.35:
            tree.front = "location"
        return tree

    def _subordinate(self) -> Sentence:
        tense: Tense = self.random.choice(("present", "present", "past"))
        link = self.random.choice(_LAST[tense])
        habit, ahead = link.habitual, self.random.random() < 0.35
        room = self._halve(2)
        second = self._below(tense, link) if ahead else None
        first = (
            self._main(tense, habitual=habit) if not ahead else self._inverted(tense, habit, room)
        )
        if second is None:
            self.clauses.nouns.room += room
            second = self._below(tense, link)
        return Sentence(first, link, second, ahead)

    def _inverted(self, tense: Tense, habitual: bool, room: int) -> Clause:
        self.clauses.nouns.room += room
        return self.clauses.clause(self.clauses.verb(True), tense, 0, habitual)

    def _halve(self, cost: int) -> int:
        """Keeps half of the room for the first clause and returns the other half."""
        nouns = self.clauses.nouns
        other = (nouns.room - cost) // 2
        nouns.room -= cost + other
        return other

    def _below(self, tense: Tense, link: Link) -> Clause:
        """A clause under a conjunction; at times about the weather, at times a report."""
        if self.random.random() < 0.06:
            verb = self.random.choice(self.lexicon.verbs["weather"])
            self.clauses.nouns.room -= 2
            return Clause(verb, IT, tense, habitual=link.habitual)
        temporal = link in (WHEN, WHENEVER)
        if self.nesting > 1 and not temporal and self.clauses.nouns.spend(9, 0.0):
            return self._reporting(tense, 1)
        self.clauses.timeless = temporal
        tree = self.clauses.clause(self.clauses.verb(True), tense, 1, link.habitual)
        self.clauses.timeless = False
        return tree

    def _reporting(self, tense: Tense, depth: int) -> Clause:
        """A clause whose verb takes a clause with "dass"."""
        told: Tense = "present" if tense == "future" else tense
        verbs = self.lexicon.verbs["that"]
        verb = self.random.choice([v for v in verbs if told == "present" or not v.hopeful])
        self.clauses.nouns.room -= 2
        tree = Clause(verb, self.clauses.nouns.subject(verb), told)
        tree.negated = verb.aspect == "state" and self.random.random() < 0.15
        if depth + 1 < self.nesting and self.clauses.nouns.spend(12, 0.05):
            tree.complement = self._reporting(told, depth + 1)
        else:
            below = told if told == "past" else self.clauses.tense()
            tree.complement = self.clauses.clause(self.clauses.verb(), below, depth + 1)
        return self._fronted(tree) if depth == 0 else tree

    def _coordinate(self) -> Sentence:
        tense = self.clauses.tense()
        link = self.random.choice((AND, BUT))
        room = self._halve(1 + link.comma)
        first = self._main(tense)
        self.clauses.nouns.room += room
        return Sentence(first, link, self._main(tense))


def _fits(tree: Clause, tenses: tuple[Tense, ...], habit: bool) -> bool:
    told = "future" if tree.modal else tree.tense
    return told in tenses and (habit or not tree.habitual)


def written(words: list[str]) -> list[str]:
    """The words and marks without doubled commas or a comma before the end."""
    return [
        word
        for word, following in zip(words, [*words[1:], ""], strict=True)
        if word != "," or following not in (",", ".", "?")
    ]


def text(words: list[str]) -> str:
    """The words as one line: capital first, marks attached."""
    line = re.sub(r" ([,.?])", r"\1", " ".join(written(words)))
    return line[0].upper() + line[1:]


def spoken(sentence: Sentence) -> tuple[str, str]:
    """The German and the English line of a sentence."""
    return text(german(sentence)), text(english(sentence))
