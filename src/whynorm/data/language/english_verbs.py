"""English verb groups: tense, aspect, "do", "not", adverbs of frequency, agreement."""

from whynorm.data.language.syntax import Clause, person_of
from whynorm.data.language.words import Verb


def finite(tree: Clause, asked: bool = False) -> list[str]:
    """The verb group of a clause; in a question its first word is the auxiliary."""
    auxiliary, main = group(tree, asked)
    often = [tree.time.english] if _frequent(tree) and tree.time else []
    if tree.negated:
        auxiliary = "cannot" if auxiliary == "can" else f"{auxiliary} not"
    return [*auxiliary.split(), *often, *main]


def _frequent(tree: Clause) -> bool:
    return tree.time is not None and tree.time.frequency and tree.front != "time"


def group(tree: Clause, asked: bool) -> tuple[str, list[str]]:
    """The auxiliary ("" for none) and the main verb's words."""
    verb, third = tree.verb, _third(tree)
    if verb.frame == "predicate" and tree.modal is None:
        return _to_be(tree), []
    if tree.modal is not None and tree.modal.english != "want":
        return tree.modal.english, [verb.english]
    supported = asked or tree.negated
    if tree.modal is not None:
        return _want(verb, third, supported)
    if tree.tense == "past":
        return ("did", [verb.english]) if supported else ("", [verb.past])
    if progressive(tree):
        return _to_be(tree), [gerund(verb)]
    if supported:
        return ("does" if third else "do"), [verb.english]
    return "", [third_person(verb.english) if third else verb.english]


def progressive(tree: Clause) -> bool:
    """Whether the present is told as "is doing"."""
    habit = tree.habitual or (tree.time is not None and tree.time.habit)
    return tree.tense == "present" and tree.verb.aspect == "event" and not habit


def _want(verb: Verb, third: bool, supported: bool) -> tuple[str, list[str]]:
    infinitive = ["to", verb.english]
    if supported:
        return ("does" if third else "do"), ["want", *infinitive]
    return "", ["wants" if third else "want", *infinitive]


def _third(tree: Clause) -> bool:
    return person_of(tree.subject) == (3, "singular")


def _to_be(tree: Clause) -> str:
    person, number = person_of(tree.subject)
    many = number == "plural" or person == 2
    if tree.tense == "past":
        return "were" if many else "was"
    return "are" if many else ("am" if person == 1 else "is")


def third_person(verb: str) -> str:
    """The -s form of a verb."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ies"
    return verb + ("es" if verb.endswith(("s", "x", "ch", "sh", "o")) else "s")


def gerund(verb: Verb) -> str:
    """The -ing form of a verb."""
    return verb.gerund or verb.english + "ing"
