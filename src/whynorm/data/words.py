"""Vocabularies of whole words and punctuation marks."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import SPECIAL, UNKNOWN, UNKNOWN_TEXT, Vocabularies, Vocabulary

# A plus before a token: no white space stands between it and the token before. It cannot be taken
# for text, for a token of more than one character begins with a letter, digit or underscore.
JOINED = "+"
MOST_REMEMBERED = 1 << 16  # words whose ids are at hand
_TOKEN = re.compile(r"(?<=\S)(?P<joined>\w+|[^\w\s])|\w+|[^\w\s]")


class Words(Vocabulary):
    """Words and punctuation marks by number.

    A token remembers whether white space stood before it, so that decoding gives the text again,
    up to white space, unknown words and (where asked) case. A known word in an unknown position,
    "schläft ." for "schläft.", is read as the token that is known.
    """

    def __init__(self, tokens: Sequence[str], *, lower_case: bool) -> None:
        self.tokens = list(tokens)
        self.lower_case = lower_case
        known = {token: number for number, token in enumerate(self.tokens, start=SPECIAL)}
        # Looked up for every word of a corpus: where it is known in its other position, too.
        self._ids = {_elsewhere(token): number for token, number in known.items()} | known
        self._remembered: dict[str, list[int]] = {}

    def encode(self, text: str) -> list[int]:
        """The ids of a text's words and punctuation marks."""
        # Tokens do not reach across white space, and what stands between it comes again and again.
        remembered, found = self._remembered, []
        for part in (text.lower() if self.lower_case else text).split():
            found += remembered[part] if part in remembered else self._remember(part)
        return found

    def decode(self, ids: Iterable[int]) -> str:
        """The words, spaced as in the sentences that the vocabulary was made of."""
        return "".join(map(self._text, ids)).strip()

    def __len__(self) -> int:
        return SPECIAL + len(self.tokens)

    def state(self) -> dict[str, Any]:
        """The tokens in the order of their ids."""
        return {"lower_case": self.lower_case, "tokens": self.tokens}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Vocabulary":
        """The vocabulary that had this state."""
        return cls(state["tokens"], lower_case=state["lower_case"])

    def _remember(self, part: str) -> list[int]:
        if len(self._remembered) >= MOST_REMEMBERED:
            self._remembered.clear()
        found = [self._ids.get(token, UNKNOWN) for token in split(part, lower_case=False)]
        self._remembered[part] = found
        return found

    def _text(self, number: int) -> str:
        if number < SPECIAL:
            return f" {UNKNOWN_TEXT}" if number == UNKNOWN else ""
        token = self.tokens[number - SPECIAL]
        return token[1:] if _is_joined(token) else f" {token}"


def words(pairs: Sequence[Pair], *, lower_case: bool, minimum_count: int) -> Vocabularies:
    """A vocabulary a side, of the words that occur so often or more, the commonest first."""
    if minimum_count < 1:
        raise ValueError(
            f"vocabulary.minimum_count={minimum_count} keeps what never occurs; choose 1 or more"
        )
    sides = ((pair.source for pair in pairs), (pair.target for pair in pairs))
    source, target = (_counted(side, lower_case, minimum_count) for side in sides)
    return Vocabularies(source, target, joint=False)


def split(text: str, *, lower_case: bool) -> Iterator[str]:
    """The tokens of a text; those that follow another without white space have a plus before."""
    for match in _TOKEN.finditer(text.lower() if lower_case else text):
        yield JOINED + match[0] if match["joined"] else match[0]


def _counted(texts: Iterable[str], lower_case: bool, minimum_count: int) -> Words:
    counts = Counter(token for text in texts for token in split(text, lower_case=lower_case))
    common = [token for token, count in counts.items() if count >= minimum_count]
    return Words(sorted(common, key=lambda token: (-counts[token], token)), lower_case=lower_case)


def _elsewhere(token: str) -> str:
    """The token with white space before it where it has none, and without it where it has some."""
    return token[1:] if _is_joined(token) else JOINED + token


def _is_joined(token: str) -> bool:
    return len(token) > 1 and token[0] == JOINED
