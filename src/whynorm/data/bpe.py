"""Vocabularies of byte pairs (Sennrich, Haddow & Birch 2016), by the package `tokenizers`."""

import os
from collections.abc import Iterable, Sequence
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from whynorm.data.corpus import Pair
from whynorm.data.vocabulary import SPECIAL, Vocabularies, Vocabulary

BYTES = 256
SEEN_TWICE = 2


class BytePairs(Vocabulary):
    """Parts of words by number, merged from bytes: no text is unknown.

    Decoding gives the text exactly, its white space made single spaces. The tokenizer's own ids
    stand behind those that every vocabulary has, so that no text is taken for PAD or END.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def encode(self, text: str) -> list[int]:
        """The ids of a text's parts; a word begins with the space before it."""
        plain = " ".join(text.split())
        return [number + SPECIAL for number in self._tokenizer.encode(plain).ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The text; parts of a character that make none are shown as a replacement character."""
        parts = [number - SPECIAL for number in ids if number >= SPECIAL]
        return self._tokenizer.decode(parts).strip(" ")

    def __len__(self) -> int:
        return SPECIAL + self._tokenizer.get_vocab_size()

    def state(self) -> dict[str, Any]:
        """The tokenizer in its own JSON form."""
        return {"tokenizer": self._tokenizer.to_str()}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Vocabulary":
        """The vocabulary that had this state."""
        return cls(Tokenizer.from_str(state["tokenizer"]))


def bpe(pairs: Sequence[Pair], *, size: int, joint: bool) -> Vocabularies:
    """Vocabularies of at most `size` parts: one of both languages (joint), or one a language.

    A small corpus has fewer pairs to merge. ValueError where the bytes alone do not fit.
    """
    if size < SPECIAL + BYTES:
        raise ValueError(
            f"vocabulary.size={size} is too small for {BYTES} bytes and {SPECIAL} special tokens; "
            f"choose {SPECIAL + BYTES} or more"
        )
    # Said out loud, or the library warns each time that a process forks.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    sides = [pair.source for pair in pairs], [pair.target for pair in pairs]
    if joint:
        both = _learnt([*sides[0], *sides[1]], size)
        return Vocabularies(both, both, joint=True)
    return Vocabularies(_learnt(sides[0], size), _learnt(sides[1], size), joint=False)


def _learnt(texts: Sequence[str], size: int) -> BytePairs:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - SPECIAL,
        min_frequency=SEEN_TWICE,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return BytePairs(tokenizer)
