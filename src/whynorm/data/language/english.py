"""English sentences from the same trees: aspect, "do", articles, relative clauses."""

from whynorm.data.language.english_verbs import finite
from whynorm.data.language.syntax import (
    Clause,
    Couple,
    Location,
    Nominal,
    Phrase,
    Pronoun,
    Sentence,
)
from whynorm.data.language.words import Name, Noun


def english(sentence: Sentence) -> list[str]:
    """The English words and marks of a sentence, without its first capital."""
    first, link, second = sentence.first, sentence.link, sentence.second
    if link is None or second is None:
        return [*clause(first), "?" if first.front == "verb" else "."]
    if sentence.second_first:
        return [link.english, *clause(second), ",", *clause(first), "."]
    comma = [","] if link.comma or not link.subordinate else []
    return [*clause(first), *comma, link.english, *clause(second), "."]


def clause(tree: Clause) -> list[str]:
    """The words of a clause; a relative clause leaves out what its pronoun stands for."""
    subject = [] if tree.gap == "subject" else nominal(tree.subject, "subject")
    if tree.front == "verb":
        auxiliary, *rest = finite(tree, asked=True)
        return [auxiliary, *subject, *rest, *_after_verb(tree)]
    return [*_front(tree), *subject, *finite(tree), *_after_verb(tree)]


def _front(tree: Clause) -> list[str]:
    if tree.front == "time" and tree.time is not None:
        return tree.time.english.split()
    if tree.front == "location" and tree.location is not None:
        return [*_location(tree.location), ","]
    return []


def _after_verb(tree: Clause) -> list[str]:
    words = _objects(tree)
    words += [tree.predicate.english] if tree.predicate else []
    words += _location(tree.argument) if tree.argument else []
    words += [tree.manner.english] if tree.manner else []
    if tree.location is not None and tree.front != "location":
        words += _location(tree.location)
    if tree.time is not None and tree.front != "time" and not tree.time.frequency:
        words += tree.time.english.split()
    return words + (["that", *clause(tree.complement)] if tree.complement else [])


def _objects(tree: Clause) -> list[str]:
    """The verb's particle and its objects: "pick up the key", "pick me up"."""
    tail = tree.verb.tail.split()
    spoken = tree.object is not None and tree.gap != "object"
    what = nominal(tree.object, "object") if spoken and tree.object else []
    if what and tree.verb.frame == "preposition":
        what = [tree.verb.preposition[1], *what]
    to_whom = nominal(tree.recipient, "object") if tree.recipient else []
    if tree.verb.splits and isinstance(tree.object, Pronoun):
        return [*what, *tail]
    return [*tail, *to_whom, *what]


def _location(place: Location) -> list[str]:
    return [*place.english.split(), *nominal(place.phrase, "object")]


def nominal(part: Nominal, role: str) -> list[str]:
    """The words of a noun phrase, name or pronoun, its relative clause included."""
    if isinstance(part, Name):
        return [part.english]
    if isinstance(part, Couple):
        return [*nominal(part.first, role), "and", *nominal(part.second, role)]
    if isinstance(part, Pronoun):
        return [part.english if role == "subject" else part.english_object]
    words = _possessed(part)
    words += ["with", *nominal(part.attribute, "object")] if part.attribute else []
    return words + _relative(part)


def _possessed(phrase: Phrase) -> list[str]:
    rest = [phrase.adjective.english] if phrase.adjective else []
    rest = [*rest, noun(phrase.noun, phrase.number == "plural")]
    if phrase.owner is not None:
        owner = nominal(phrase.owner, "object")
        return [*owner[:-1], owner[-1] + "'s", *rest]
    article = _article(phrase, rest[0])
    return [article, *rest] if article else rest


def _article(phrase: Phrase, following: str) -> str:
    plural = phrase.number == "plural" or phrase.noun.mass
    word = phrase.determiner.english_plural if plural else phrase.determiner.english
    if phrase.noun.mass and phrase.determiner.stem == "dies":
        word = phrase.determiner.english
    return "an" if word == "a" and following[0] in "aeiou" else word


def noun(word: Noun, plural: bool) -> str:
    """The noun's singular or plural."""
    if not plural:
        return word.english
    if word.english_plural:
        return word.english_plural
    if word.english.endswith("y") and word.english[-2] not in "aeiou":
        return word.english[:-1] + "ies"
    sibilant = word.english.endswith(("s", "x", "ch", "sh"))
    return word.english + ("es" if sibilant else "s")


def _relative(head: Phrase) -> list[str]:
    tree = head.relative
    if tree is None:
        return []
    person = head.kind == "person"
    if tree.gap == "object" and tree.verb.frame == "preposition":
        return [tree.verb.preposition[1], "whom" if person else "which", *clause(tree)]
    if person:
        return ["who" if tree.gap == "subject" else "whom", *clause(tree)]
    return ["that", *clause(tree)]
