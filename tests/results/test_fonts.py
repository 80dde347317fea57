from pathlib import Path

import matplotlib
import pytest
from matplotlib import font_manager

from whynorm.results import fonts


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any font but those of matplotlib."""
    kept = [font for font in font_manager.fontManager.ttflist if font.name not in fonts.HANGUL]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", kept)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)


def installed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put a font of that name into matplotlib's list."""
    font = font_manager.FontEntry(fname="x.ttf", name=name)
    listed = [*font_manager.fontManager.ttflist, font]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", listed)


@pytest.mark.usefixtures("nowhere")
def test_where_no_font_has_hangul_pixels_cannot_show_korean() -> None:
    assert (fonts.has_letters_of("ko"), fonts.has_letters_of("en")) == (False, True)


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("name", fonts.HANGUL)
def test_a_font_with_hangul_is_found_by_its_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed(name, monkeypatch)
    assert fonts.hangul() == name


@pytest.mark.usefixtures("nowhere")
def test_a_font_that_was_installed_since_matplotlib_looked_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paths = ["/fonts/Other.ttf", "/fonts/NanumGothic.ttf"]
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: paths)
    monkeypatch.setattr(
        font_manager.fontManager, "addfont", lambda path: installed(Path(path).stem, monkeypatch)
    )
    assert fonts.hangul() == "NanumGothic"
    assert "Other" not in {font.name for font in font_manager.fontManager.ttflist}


@pytest.mark.usefixtures("nowhere")
def test_the_usual_font_stays_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    installed("NanumGothic", monkeypatch)
    usual = list(matplotlib.rcParams["font.family"])
    with fonts.lettered("ko"):
        assert list(matplotlib.rcParams["font.family"]) == [*usual, "NanumGothic"]
    with fonts.lettered("en"):
        assert list(matplotlib.rcParams["font.family"]) == usual
