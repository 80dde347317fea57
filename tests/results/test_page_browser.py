from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.results.browser import (
    COLOURS,
    HIDDEN,
    PHONE,
    Opened,
    column,
    contrast,
    luminance,
    opened,
    pointed_at,
)
from tests.results.reports import HOSTILE, hostile, ordinary
from whynorm.results.page import write

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("pages")
    picture = place / "picture.svg"
    picture.write_text(
        "<svg xmlns='http://www.w3.org/2000/svg' width='90' height='9' onload='top.hacked=1'>"
        "<script>window.hacked=1;top.hacked=1</script></svg>"
    )
    write(ordinary(), place / "usual.html")
    write(hostile()._replace(pictures=[picture]), place / "harmful.html")
    return place


@pytest.fixture(scope="module")
def usual(browser: Browser, folder: Path) -> Opened:
    return opened(browser, folder / "usual.html")


@pytest.fixture(scope="module")
def harmful(browser: Browser, folder: Path) -> Opened:
    return opened(browser, folder / "harmful.html", PHONE)


def test_a_page_opens_from_disk_without_complaint(usual: Opened) -> None:
    assert (usual.complaints, usual.page.locator(".plot canvas").count() >= 3) == ([], True)


def test_a_page_asks_for_nothing_but_itself(usual: Opened, harmful: Opened) -> None:
    assert {url.split(":")[0] for url in usual.asked + harmful.asked} <= {"file", "data"}


def test_numbers_are_sorted_as_numbers_both_ways_and_what_is_missing_comes_last(
    usual: Opened,
) -> None:
    button, texts = column(usual.page, "target tokens an update")
    button.click()
    up = [float(text.replace(",", "")) for text in texts()]
    button.click()
    down = [float(text.replace(",", "")) for text in texts()]
    assert up == sorted(up) == down[::-1] and up != sorted(up, key=str)


def test_what_is_missing_comes_last_both_ways(usual: Opened) -> None:
    button, texts = column(usual.page, "BLEU")
    ends = []
    for _ in range(2):
        button.click()
        ends.append([text.strip() for text in texts()[-2:]])
    assert ends == [["–", "–"], ["–", "–"]]


def test_a_column_is_sorted_with_the_keyboard_and_says_so(usual: Opened) -> None:
    button, texts = column(usual.page, "arm")
    button.press("Enter")
    said = button.evaluate("(button) => button.parentElement.ariaSort")
    assert (said, texts()) == ("ascending", sorted(texts()))


@pytest.mark.parametrize("how", ["click", "keyboard"])
def test_an_arm_is_hidden_in_every_plot_and_shown_again(usual: Opened, how: str) -> None:
    button = usual.page.locator("#curves .arm[data-arm='1']")
    states = []
    for _ in range(2):
        button.click() if how == "click" else button.press("Enter")
        marks = [mark for plot in usual.page.evaluate(HIDDEN, 1) for mark in plot]
        states.append((all(marks), any(marks), button.get_attribute("aria-pressed")))
    assert states == [(True, True, "false"), (False, False, "true")]


def test_hiding_an_arm_leaves_the_others(usual: Opened) -> None:
    button = usual.page.locator("#seeds .arm[data-arm='1']")
    button.click()
    others = [mark for plot in usual.page.evaluate(HIDDEN, 0) for mark in plot]
    button.click()
    assert others and not any(others)


@pytest.mark.parametrize(
    ("place", "plot", "part"), [("seeds", 0, "Scatter"), ("curves", 2, "pointer")]
)
def test_the_pointer_is_told_arm_seed_and_value(
    usual: Opened, place: str, plot: int, part: str
) -> None:
    said, told = pointed_at(usual.page, place, plot, part)
    assert [words for words in said if words not in told] == []


def test_another_measure_is_drawn_when_it_is_chosen(usual: Opened) -> None:
    label = "() => Bokeh.documents.at(-1).roots()[0].left[0].axis_label"
    usual.page.locator("#curve-measure").select_option("1")
    second = usual.page.evaluate(label)
    usual.page.locator("#curve-measure").select_option("0")
    assert (second, usual.page.evaluate(label)) == (
        "validation BLEU",
        "validation loss, nats per token",
    )


def test_translations_of_another_condition_are_shown_when_it_is_chosen(usual: Opened) -> None:
    usual.page.locator("#translation-place").select_option("2")
    shown = usual.page.locator(".sheet:visible")
    assert (shown.count(), shown.get_attribute("data-place")) == (1, "2")


@pytest.mark.parametrize("name", ["usual", "harmful"])
def test_a_phone_scrolls_down_only(browser: Browser, folder: Path, name: str) -> None:
    page = opened(browser, folder / f"{name}.html", PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]


def test_plots_are_as_narrow_as_a_phone(harmful: Opened) -> None:
    widths = [plot.bounding_box() for plot in harmful.page.query_selector_all(".plot canvas")]
    assert widths and all(box and box["width"] < PHONE[0] for box in widths)


def at_rest(page: Any) -> Any:
    """The page's colours, once they do not change any more."""
    before = None
    for _ in range(50):
        page.wait_for_timeout(200)
        if (found := page.evaluate(COLOURS)) == before:
            break
        before = found
    return before


@pytest.mark.parametrize("colours", ["dark", "light"])
def test_words_are_readable_by_day_and_night(usual: Opened, colours: Any) -> None:
    usual.page.emulate_media(color_scheme=colours)
    found = at_rest(usual.page)
    assert (luminance(found["ground"]) < 0.05) == (colours == "dark")
    assert min(contrast(text, found["ground"]) for text in found["text"]) >= 4.5


def test_hostile_texts_run_nothing_when_everything_is_touched(harmful: Opened) -> None:
    page = harmful.page
    for summary in page.locator("summary").all():
        summary.click()
    for button in page.locator("th button, .arm").all()[:12]:
        button.press("Enter")
    assert (page.evaluate("window.hacked ?? null"), harmful.complaints) == (None, [])


def test_a_hostile_name_beside_the_pointer_is_a_text(harmful: Opened) -> None:
    _, told = pointed_at(harmful.page, "seeds", 0, "Scatter")
    assert any(words in told for words in HOSTILE) and harmful.page.evaluate("!window.hacked")


def test_a_picture_is_shown_and_its_scripts_do_not_run(harmful: Opened) -> None:
    image = harmful.page.locator("#pictures img")
    width = image.evaluate("(image) => image.naturalWidth")
    assert (width, harmful.page.evaluate("window.hacked ?? null")) == (90, None)


def test_the_policy_alone_stops_what_would_have_been_let_in(browser: Browser, folder: Path) -> None:
    page = (folder / "usual.html").read_text(encoding="utf-8")
    path = folder / "broken.html"
    path.write_text(page.replace("</body>", "".join(HOSTILE) + "</body>"), encoding="utf-8")
    found = opened(browser, path)
    stopped = [words for words in found.complaints if "Content Security Policy" in words]
    assert stopped and found.page.evaluate("!window.hacked")
