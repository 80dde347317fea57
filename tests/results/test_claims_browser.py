from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.results.answers import entries, sources
from tests.results.browser import DESKTOP, PHONE, Opened, contrast, luminance, opened
from tests.results.reports import HOSTILE
from whynorm.results.claims import VERDICTS
from whynorm.results.claims_page import write

pytestmark = pytest.mark.long

PICTURE = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='900' height='300' onload='top.hacked=1'>"
    "<rect width='900' height='300' style='fill: #0072b2'/><script>top.hacked=1</script></svg>"
)
COLOURS = """() => {
  const of = (name, place) => getComputedStyle(document.querySelector(place))[name];
  const places = ["body", ".lead", "dt", "dd a", ".map a", ".answer.soft", ".holds.badge"];
  const badges = [".conditions.badge", ".fails.badge", ".undecided.badge", ".unmeasured.badge"];
  return { ground: of("backgroundColor", "body"),
    text: [...places, ...badges].map((place) => of("color", place)) };
}"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages: a usual one, and one of texts and a picture that mean harm."""
    place = tmp_path_factory.mktemp("claims")
    picture = place / "picture.svg"
    picture.write_text(PICTURE)
    harm = " ".join(HOSTILE)
    usual, harmful = place / "usual.html", place / "harmful.html"
    write(entries(picture), sources(), usual, experiments=place, language="en")
    write(entries(picture, harm), sources(harm), harmful, experiments=place, language="ko")
    return place


@pytest.fixture(scope="module")
def usual(browser: Browser, folder: Path) -> Opened:
    return opened(browser, folder / "usual.html", ready="#sources")


@pytest.mark.parametrize("name", ["usual", "harmful"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_page_opens_without_complaint_and_scrolls_down_only(
    browser: Browser, folder: Path, name: str, size: tuple[int, int]
) -> None:
    found = opened(browser, folder / f"{name}.html", size, ready="#sources")
    assert found.complaints == []
    assert found.page.evaluate("document.documentElement.scrollWidth") == size[0]


def test_a_page_asks_for_nothing_but_itself(usual: Opened) -> None:
    assert {url.split(":")[0] for url in usual.asked} <= {"file", "data"}


def test_hostile_texts_and_pictures_run_nothing(browser: Browser, folder: Path) -> None:
    page = opened(browser, folder / "harmful.html", ready="#sources").page
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("window.hacked ?? null") is None


def test_the_policy_alone_stops_what_would_have_been_let_in(browser: Browser, folder: Path) -> None:
    page = (folder / "usual.html").read_text(encoding="utf-8")
    path = folder / "broken.html"
    path.write_text(page.replace("</body>", "".join(HOSTILE) + "</body>"), encoding="utf-8")
    found = opened(browser, path, ready="#sources")
    stopped = [words for words in found.complaints if "Content Security Policy" in words]
    assert stopped and found.page.evaluate("!window.hacked")


def test_the_style_sheet_is_let_in_by_the_policy(usual: Opened) -> None:
    assert (
        usual.page.evaluate("getComputedStyle(document.querySelector('.map')).columnCount") == "3"
    )


def test_a_figure_is_enlarged_with_the_keyboard(usual: Opened) -> None:
    widths = []
    for _ in range(2):
        widths.append(usual.page.locator("#claim-1 img").evaluate("(image) => image.width"))
        usual.page.locator("#claim-1 summary").press("Enter")
    assert widths[1] > 2 * widths[0]


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_words_are_readable_by_day_and_night(usual: Opened, colours: Any) -> None:
    usual.page.emulate_media(color_scheme=colours)
    found = usual.page.evaluate(COLOURS)
    assert (luminance(found["ground"]) < 0.05) == (colours == "dark")
    assert min(contrast(text, found["ground"]) for text in found["text"]) >= 4.5


def test_the_page_prints_as_a_slide_for_the_overview_and_one_for_each_claim(
    usual: Opened,
) -> None:
    printed = usual.page.pdf(prefer_css_page_size=True)
    pages = printed.count(b"/Type /Page\n")
    assert pages == 1 + len(VERDICTS) + 1
    assert b"/MediaBox [0 0 960 540]" in printed


def test_a_picture_is_shown(usual: Opened) -> None:
    width = usual.page.locator("#claim-2 img").evaluate("(image) => image.naturalWidth")
    assert width == 900
