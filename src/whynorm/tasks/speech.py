"""The language in which pages and figures speak."""

from whynorm.results.language import LANGUAGES
from whynorm.tasks.refusal import Refused, choices


def require_language(language: str) -> str:
    """The language, if it is one of those that there are."""
    if language not in LANGUAGES:
        raise Refused(
            f"language={language}: there is no such language; {choices(language, LANGUAGES)}"
        )
    return language
