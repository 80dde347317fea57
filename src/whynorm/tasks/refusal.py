"""What a user reads in place of a traceback: one sentence with the choices there are."""

import difflib
from collections.abc import Iterable


class Refused(ValueError):
    """A mistake in the user's command, files or run folder; its message says all there is."""


def choices(word: str, valid: Iterable[str]) -> str:
    """All valid words, and the one that was probably meant, as the end of a sentence."""
    words = sorted(set(valid))
    if not words:
        return "there is nothing to choose from"
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    meant = f" (did you mean '{near[0]}'?)" if near else ""
    return f"choose from {', '.join(words)}{meant}"


def one_sentence(text: str) -> str:
    """The text on one line."""
    return " ".join(text.split())
