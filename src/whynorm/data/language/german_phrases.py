"""German words in their forms: articles, adjective endings, nouns in four cases, verbs."""

from whynorm.data.language.syntax import (
    Couple,
    Declension,
    Determiner,
    Location,
    Nominal,
    Phrase,
    Pronoun,
)
from whynorm.data.language.words import Case, Name, Noun, Number, Verb

_CASES = ("nominative", "accusative", "dative", "genitive")
# Columns follow _CASES; "p" is the plural of every gender.
_ARTICLES = {
    "m": ("der", "den", "dem", "des"),
    "f": ("die", "die", "der", "der"),
    "n": ("das", "das", "dem", "des"),
    "p": ("die", "die", "den", "der"),
}
_DETERMINER_ENDINGS = {
    "m": ("er", "en", "em", "es"),
    "f": ("e", "e", "er", "er"),
    "n": ("es", "es", "em", "es"),
    "p": ("e", "e", "en", "er"),
}
_ADJECTIVE_ENDINGS: dict[Declension, dict[str, tuple[str, str, str, str]]] = {
    "weak": {
        "m": ("e", "en", "en", "en"),
        "f": ("e", "e", "en", "en"),
        "n": ("e", "e", "en", "en"),
        "p": ("en", "en", "en", "en"),
    },
    "mixed": {
        "m": ("er", "en", "en", "en"),
        "f": ("e", "e", "en", "en"),
        "n": ("es", "es", "en", "en"),
        "p": ("en", "en", "en", "en"),
    },
    "strong": {
        "m": ("er", "en", "em", "en"),
        "f": ("e", "e", "er", "er"),
        "n": ("es", "es", "em", "en"),
        "p": ("e", "e", "en", "er"),
    },
}
_CONTRACTIONS = {
    ("in", "dem"): "im",
    ("an", "dem"): "am",
    ("von", "dem"): "vom",
    ("zu", "dem"): "zum",
    ("zu", "der"): "zur",
    ("in", "das"): "ins",
}


def _column(phrase: Phrase) -> str:
    return "p" if phrase.number == "plural" else phrase.noun.gender


def _bare(phrase: Phrase) -> bool:
    """Whether no determiner is spoken: "Anna's", plural and mass "ein"."""
    indefinite = phrase.determiner.stem == "ein" and (phrase.number == "plural" or phrase.noun.mass)
    return isinstance(phrase.owner, Name) or indefinite


def determiner(word: Determiner, column: str, case: Case) -> str:
    """The determiner's form for a gender or the plural ("p") and a case."""
    index = _CASES.index(case)
    if word.stem == "d":
        return _ARTICLES[column][index]
    if word.declension == "strong":
        return word.stem
    silent = (column == "m" and index == 0) or (column == "n" and index < 2)
    ending = "" if word.declension == "mixed" and silent else _DETERMINER_ENDINGS[column][index]
    return word.stem + ending


def noun(word: Noun, number: Number, case: Case) -> str:
    """The noun's form: -n in the dative plural, -(e)s in the genitive, weak nouns in -(e)n."""
    if number == "plural":
        plain = case != "dative" or word.german_plural[-1] in "ns"
        return word.german_plural if plain else word.german_plural + "n"
    if word.weak and case != "nominative":
        return word.german_plural
    if case != "genitive" or word.gender == "f":
        return word.german
    syllables = sum(
        letter in "aeiouäöü" and before not in "aeiouäöü"
        for before, letter in zip(" " + word.german.lower(), word.german.lower(), strict=False)
    )
    return word.german + ("es" if syllables == 1 else "s")


def _spoken(phrase: Phrase, case: Case) -> list[str]:
    column = _column(phrase)
    words = [] if _bare(phrase) else [determiner(phrase.determiner, column, case)]
    if phrase.adjective is not None:
        declension = "strong" if _bare(phrase) else phrase.determiner.declension
        stem = phrase.adjective.stem or phrase.adjective.german
        words.append(stem + _ADJECTIVE_ENDINGS[declension][column][_CASES.index(case)])
    return [*words, noun(phrase.noun, phrase.number, case)]


def nominal(part: Nominal, case: Case) -> list[str]:
    """The words of a noun phrase, name or pronoun, its relative clause left out."""
    if isinstance(part, Name):
        return [part.german]
    if isinstance(part, Couple):
        return [*nominal(part.first, case), "und", *nominal(part.second, case)]
    if isinstance(part, Pronoun):
        forms = {"nominative": part.nominative, "accusative": part.accusative}
        return [forms.get(case, part.dative)]
    words = _spoken(part, case)
    if isinstance(part.owner, Name):
        words = [part.owner.german + "s", *words]
    elif part.owner is not None:
        words += nominal(part.owner, "genitive")
    return words + (["mit", *nominal(part.attribute, "dative")] if part.attribute else [])


def prepositional(preposition: str, part: Nominal, case: Case) -> list[str]:
    """A preposition with its phrase; "in dem" becomes "im", unless "dem" is a pronoun."""
    words = nominal(part, case)
    article = isinstance(part, Phrase) and part.determiner.stem == "d"
    contracted = _CONTRACTIONS.get((preposition, words[0])) if article else None
    return [contracted, *words[1:]] if contracted else [preposition, *words]


def location(place: Location) -> list[str]:
    """The words of a place: "im Garten", "nach Berlin"."""
    return prepositional(place.german, place.phrase, place.case)


def relative_pronoun(head: Phrase, case: Case) -> str:
    """The relative pronoun: the article, but "denen" in the dative plural."""
    column = _column(head)
    if column == "p" and case == "dative":
        return "denen"
    return _ARTICLES[column][_CASES.index(case)]


def present(verb: Verb, person: int, number: Number) -> str:
    """The finite present form, without a separable prefix."""
    irregular = {"sein": ("bin", "bist"), "wissen": ("weiß", "weißt")}.get(verb.german)
    if number == "plural":
        return "sind" if verb.german == "sein" else verb.german
    if person == 3:
        return verb.third
    if irregular:
        return irregular[person - 1]
    if person == 1:
        return (verb.german[:-2] if verb.german.endswith("en") else verb.german[:-1]) + "e"
    stem = verb.third[:-1]
    return verb.third if stem[-1] in "sßz" else stem + "st"
