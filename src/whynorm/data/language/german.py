"""German clauses: verb second, verb first, verb last, with their relative clauses behind."""

from typing import Literal

from whynorm.data.language.german_phrases import (
    location,
    nominal,
    prepositional,
    present,
    relative_pronoun,
)
from whynorm.data.language.syntax import Clause, Nominal, Phrase, Pronoun, Sentence, person_of
from whynorm.data.language.words import Number

Order = Literal["second", "first", "last"]
_AUXILIARIES = {
    "haben": ("habe", "hast", "hat", "haben"),
    "sein": ("bin", "bist", "ist", "sind"),
    "war": ("war", "warst", "war", "waren"),
}


def german(sentence: Sentence) -> list[str]:
    """The German words and marks of a sentence, without its first capital."""
    first, link, second = sentence.first, sentence.link, sentence.second
    if link is None or second is None:
        asked = first.front == "verb"
        return [*clause(first, "first" if asked else "second"), "?" if asked else "."]
    if sentence.second_first:
        return [link.german, *clause(second, "last"), ",", *clause(first, "first"), "."]
    comma = [","] if link.subordinate or link.comma else []
    order: Order = "last" if link.subordinate else "second"
    return [*clause(first, "second"), *comma, link.german, *clause(second, order), "."]


def clause(tree: Clause, order: Order) -> list[str]:
    """The words of a clause; what is said of its last noun follows the closing verb."""
    finite, closing = _predicate(tree, order)
    subject = [] if tree.gap == "subject" else _with_relative(tree.subject)
    middle, after = _middle(tree), _extraposed(tree)
    pronouns = _pronouns(tree)
    if order == "last":
        return [*subject, *pronouns, *middle, *closing, finite, *after]
    front = _front(tree) if order == "second" else []
    if order == "second" and not front:
        front, subject = subject, []
    if not isinstance(tree.subject, Pronoun):
        # A short pronoun slips in front of the subject: "Heute zeigt mir Anna das Buch".
        subject, pronouns = [*pronouns, *subject], []
    return [*front, finite, *subject, *pronouns, *middle, *closing, *after]


def _predicate(tree: Clause, order: Order) -> tuple[str, list[str]]:
    """The finite verb and what closes the clause."""
    verb, (person, number) = tree.verb, person_of(tree.subject)
    index = 3 if number == "plural" else person - 1
    if tree.modal is not None:
        return tree.modal.forms[index], [verb.prefix + verb.german]
    if tree.tense == "past":
        if verb.german == "sein":
            return _AUXILIARIES["war"][index], []
        return _AUXILIARIES[verb.auxiliary][index], [verb.prefix + verb.participle]
    return _simple(tree, order, person, number)


def _simple(tree: Clause, order: Order, person: int, number: Number) -> tuple[str, list[str]]:
    form = present(tree.verb, person, number)
    if order == "last":
        return tree.verb.prefix + form, []
    return form, [tree.verb.prefix] if tree.verb.prefix else []


def _front(tree: Clause) -> list[str]:
    if tree.front == "time" and tree.time is not None:
        return tree.time.german.split()
    return location(tree.location) if tree.front == "location" and tree.location else []


def _pronouns(tree: Clause) -> list[str]:
    """The objects that are pronouns, which stand first."""
    words = []
    if isinstance(tree.object, Pronoun) and tree.verb.frame != "preposition":
        words += _object(tree, tree.object)
    return words + (_to_whom(tree) if isinstance(tree.recipient, Pronoun) else [])


def _to_whom(tree: Clause) -> list[str]:
    return nominal(tree.recipient, "dative") if tree.recipient else []


def _middle(tree: Clause) -> list[str]:
    """Definite datives, time, definite object, "nicht", manner, place, then what is new."""
    early, late = _objects(tree)
    words = [] if isinstance(tree.recipient, Pronoun) else _to_whom(tree)
    dative = tree.verb.frame == "dative"
    words = words + (early if dative else [])
    if tree.time is not None and tree.front != "time":
        words = words + tree.time.german.split()
    words = words + ([] if dative else early)
    return [*words, *(["nicht"] if tree.negated and not _says_no(tree) else []), *_end(tree), *late]


def _objects(tree: Clause) -> tuple[list[str], list[str]]:
    """The object before "nicht" and places, or after them: the indefinite, the prepositional."""
    if tree.object is None or tree.gap == "object":
        return [], []
    words = _object(tree, tree.object)
    if tree.verb.frame == "preposition":
        return [], words
    if isinstance(tree.object, Pronoun):
        return [], []
    indefinite = isinstance(tree.object, Phrase) and not tree.object.definite
    return ([], words) if indefinite and tree.argument is None else (words, [])


def _end(tree: Clause) -> list[str]:
    words = tree.manner.german.split() if tree.manner else []
    if tree.location is not None and tree.front != "location":
        words = words + location(tree.location)
    words = words + (location(tree.argument) if tree.argument else [])
    return words + ([tree.predicate.german] if tree.predicate else [])


def _object(tree: Clause, what: Nominal) -> list[str]:
    if tree.verb.frame == "preposition":
        return prepositional(tree.verb.preposition[0], what, tree.verb.case)
    return nominal(what, tree.verb.case)


def _says_no(tree: Clause) -> bool:
    what = None if tree.gap == "object" else tree.object
    return isinstance(what, Phrase) and what.determiner.stem == "kein"


def _extraposed(tree: Clause) -> list[str]:
    if tree.complement is not None:
        return [",", "dass", *clause(tree.complement, "last"), ","]
    if tree.gap != "object" and isinstance(tree.object, Phrase):
        return _relative(tree.object)
    return []


def _with_relative(part: Nominal) -> list[str]:
    return nominal(part, "nominative") + (_relative(part) if isinstance(part, Phrase) else [])


def _relative(head: Phrase) -> list[str]:
    tree = head.relative
    if tree is None:
        return []
    case = "nominative" if tree.gap == "subject" else tree.verb.case
    pronoun = [relative_pronoun(head, case)]
    if tree.gap == "object" and tree.verb.frame == "preposition":
        pronoun = [tree.verb.preposition[0], *pronoun]
    return [",", *pronoun, *clause(tree, "last"), ","]
