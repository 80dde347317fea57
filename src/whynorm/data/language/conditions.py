"""What a clause allows: what may follow, when and where, which readings must be left out."""

from whynorm.data.language.english_verbs import progressive
from whynorm.data.language.syntax import Clause, Nominal, Phrase, Pronoun, person_of
from whynorm.data.language.words import Name, Verb


def closed(tree: Clause) -> bool:
    """Whether the object's relative clause ends the clause, so that nothing may follow it."""
    relative = tree.object.relative if isinstance(tree.object, Phrase) else None
    return tree.complement is not None or (tree.gap != "object" and relative is not None)


def distinct(head: Phrase, verb: Verb, subject: Nominal) -> bool:
    """Whether "die Frau, die …" with this subject cannot be read with the head as subject."""
    if verb.case != "accusative" or verb.frame == "preposition" or head.kind not in verb.subjects:
        return True
    if head.number == "singular" and head.noun.gender == "m":
        return True
    if person_of(subject) != person_of(head):
        return True
    if isinstance(subject, Phrase) and subject.number == "singular":
        return subject.noun.gender == "m" and not isinstance(subject.owner, Name)
    return isinstance(subject, Pronoun) and subject.nominative == "er"


def animate(subject: Nominal) -> bool:
    """Whether the subject lives."""
    return not isinstance(subject, Phrase) or subject.kind in ("person", "animal")


def timely(tree: Clause) -> bool:
    """Whether it makes sense to say when."""
    steady = tree.verb.aspect == "state" and tree.verb.frame != "predicate"
    person = not isinstance(tree.subject, Phrase) or tree.subject.kind == "person"
    return (person or tree.verb.frame == "intransitive") and not steady


def placed(tree: Clause) -> bool:
    """Whether it makes sense to say where."""
    verb = tree.verb
    frames = ("intransitive", "accusative", "recipient", "preposition")
    local = verb.frame in frames and verb.auxiliary == "haben" and verb.aspect != "state"
    return local and not tree.negated


def tenseless(tree: Clause) -> bool:
    """Whether English "they read" leaves open if it is today or yesterday's reading."""
    simple = tree.tense == "present" and not progressive(tree) and tree.modal is None
    same = tree.verb.past == tree.verb.english and person_of(tree.subject) != (3, "singular")
    return simple and same and not tree.negated
