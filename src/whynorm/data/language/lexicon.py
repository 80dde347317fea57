"""The dictionary: as many entries as asked for, the most useful first, in every class some."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from whynorm.data.language.modifiers import ADJECTIVES, MANNERS, TIMES
from whynorm.data.language.names import PEOPLE, TOWNS
from whynorm.data.language.nouns import NOUNS
from whynorm.data.language.verbs import VERBS
from whynorm.data.language.words import Adjective, Manner, Name, Noun, Time, Verb

Entry = TypeVar("Entry")
_CORE = {
    "adjective": 16,
    "time": 6,
    "manner": 1,
    "local": 3,
    "accusative": 6,
    "person": 4,
    "seat": 2,
}
_SHELVES: dict[str, Sequence[object]] = {
    **NOUNS,
    **VERBS,
    "adjective": ADJECTIVES,
    "time": TIMES,
    "manner": MANNERS,
    "name": PEOPLE,
    "town": TOWNS,
}


def _core(shelf: str) -> int:
    return _CORE.get(shelf, 2)


def smallest() -> int:
    """The fewest dictionary entries with which every kind of sentence can be built."""
    return sum(_core(shelf) for shelf in _SHELVES)


def largest() -> int:
    """All dictionary entries there are."""
    return sum(len(entries) for entries in _SHELVES.values())


def _taken(words: int) -> dict[str, int]:
    """How many entries of each shelf are used: the core, then evenly from all shelves."""
    taken = {shelf: _core(shelf) for shelf in _SHELVES}
    rest = [
        ((place + 0.5) / len(entries), order, shelf)
        for order, (shelf, entries) in enumerate(_SHELVES.items())
        for place in range(_core(shelf), len(entries))
    ]
    for _, _, shelf in sorted(rest)[: words - smallest()]:
        taken[shelf] += 1
    return taken


class Lexicon:
    """The first `words` entries: nouns, names, verbs, adjectives and adverbials.

    Articles, pronouns, prepositions, conjunctions, modal verbs and "sein" are always there and
    not counted.
    """

    def __init__(self, words: int) -> None:
        taken = _taken(words)
        self.nouns: dict[str, tuple[Noun, ...]] = {
            kind: _first(entries, taken[kind]) for kind, entries in NOUNS.items()
        }
        self.verbs: dict[str, tuple[Verb, ...]] = {
            shelf: _first(entries, taken[shelf]) for shelf, entries in VERBS.items()
        }
        self.adjectives = _by_class(_first(ADJECTIVES, taken["adjective"]))
        self.times: tuple[Time, ...] = _first(TIMES, taken["time"])
        self.manners: tuple[Manner, ...] = _first(MANNERS, taken["manner"])
        self.people: tuple[Name, ...] = _first(PEOPLE, taken["name"])
        self.towns: tuple[Name, ...] = _first(TOWNS, taken["town"])
        everyday = [
            verb
            for shelf, entries in self.verbs.items()
            if shelf not in ("that", "weather")
            for verb in entries
        ]
        self.doing = {kind: tuple(v for v in everyday if kind in v.subjects) for kind in NOUNS}
        self.done_to = {
            kind: tuple(
                verb
                for verb in everyday
                if kind in verb.objects and verb.frame in ("accusative", "dative", "preposition")
            )
            for kind in NOUNS
        }


def _first(entries: Sequence[Entry], count: int) -> tuple[Entry, ...]:
    return tuple(entries[:count])


def _by_class(entries: Iterable[Adjective]) -> dict[str, tuple[Adjective, ...]]:
    chosen = tuple(entries)
    return {kind: tuple(a for a in chosen if kind in a.classes) for kind in NOUNS}
