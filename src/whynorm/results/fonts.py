"""Fonts that have the letters of a language, as far as this machine has any."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import matplotlib
from matplotlib import font_manager

from whynorm.results.language import KOREAN

# Fonts with Hangul, the best to read first, and what the names of their files begin with. Of the
# collection Noto Sans CJK, matplotlib takes the first face, which has the letters of all languages.
HANGUL = (
    "Noto Sans KR",
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "NanumGothic",
    "Malgun Gothic",
    "Apple SD Gothic Neo",
    "AppleGothic",
)
FILES = ("NotoSansKR", "NotoSansCJK", "NanumGothic", "malgun", "AppleSDGothicNeo", "AppleGothic")
ADVICE = (
    "no font with Hangul is installed, so that figures are written as .svg alone, whose letters "
    "are text; install Noto Sans CJK or NanumGothic to have them as .png too"
)


def has_letters_of(language: str) -> bool:
    """Whether a picture of pixels can show the language."""
    return language != KOREAN or hangul() is not None


def hangul() -> str | None:
    """The name of a font with Hangul; None where there is none."""
    return _known() or _found_anew()


@contextmanager
def lettered(language: str) -> Iterator[None]:
    """Draw with a font that has the language's letters, behind the usual one.

    Where there is none, matplotlib does not warn of each letter that it lacks.
    """
    usual: list[str] = list(matplotlib.rcParams["font.family"])
    behind = [name for name in [hangul()] if name] if language == KOREAN else []
    with warnings.catch_warnings(), matplotlib.rc_context({"font.family": usual + behind}):
        if not has_letters_of(language):
            warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


def _known() -> str | None:
    names = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in HANGUL if name in names), None)


def _found_anew() -> str | None:
    """A font that was installed after matplotlib made its list, which it keeps for good."""
    for path in font_manager.findSystemFonts():
        if Path(path).name.startswith(FILES):
            font_manager.fontManager.addfont(path)
    return _known()
