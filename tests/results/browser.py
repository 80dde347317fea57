"""A real browser for pages: how it is started, what is asked of a page, how colours are judged."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update"]
DESKTOP, PHONE = (1280, 900), (375, 800)

# Where the middle of a plot's points is on the screen, and what its text says it is.
POINT = """([plot, part]) => {
  const model = Bokeh.documents[plot].roots()[0];
  const marks = model.renderers.filter((mark) => (mark.tags[1] ?? mark.glyph.type) === part);
  const data = marks.find((mark) => mark.data_source.data.x.length).data_source.data;
  const middle = Math.floor(data.x.length / 2);
  const { frame, canvas_view } = Bokeh.index.get_by_id(model.id);
  const box = canvas_view.el.getBoundingClientRect();
  const x = box.left + frame.x_scale.compute(data.x[middle]);
  const y = box.top + frame.y_scale.compute(data.y[middle]);
  return [x, y, data.arm[middle], String(data.seed[middle]), data.says[middle]];
}"""
TOOLTIPS = """() => {
  const found = [];
  const walk = (root) => root.querySelectorAll("*").forEach((element) => {
    if (element.className === "bk-tooltip-content") found.push(element.innerText);
    if (element.shadowRoot) walk(element.shadowRoot);
  });
  walk(document);
  return found.join(" ");
}"""
HIDDEN = """(arm) => Bokeh.documents.map((plot) => plot.roots()[0].renderers
  .filter((mark) => mark.tags[0] === arm).map((mark) => !mark.visible))"""
COLOURS = """() => {
  const of = (name, place) => getComputedStyle(document.querySelector(place))[name];
  const plots = Bokeh.documents.map((plot) => plot.roots()[0]);
  const axes = plots.flatMap((plot) => [...plot.below, ...plot.left]);
  const texts = axes.flatMap((axis) => [axis.axis_label_text_color, axis.major_label_text_color]);
  const soft = [".note", ".soft", "th button", ".verdict.worse", ".verdict.better", "nav a"];
  return { ground: of("backgroundColor", "body"),
    text: [of("color", "body"), ...soft.map((place) => of("color", place)), ...texts] };
}"""


class Opened(NamedTuple):
    """A page in the browser, what it complained of, and what it asked for."""

    page: Page
    complaints: list[str]
    asked: list[str]


@contextmanager
def running() -> Iterator[Browser]:
    """A headless Chromium; skips where there is none, and fails where the tests must be whole."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.environ.get("CI"):
        pytest.fail("the pages are tested in a real browser, and there is no Chromium here")
    if found is None:
        pytest.skip("there is no Chromium here to open a page with")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=QUIET)
        yield browser
        browser.close()


def opened(
    browser: Browser,
    path: Path,
    size: tuple[int, int] = DESKTOP,
    ready: str = "html[data-drawn]",
) -> Opened:
    """The page in a fresh window by day, once all is drawn, as an element that is `ready` shows."""
    view: Any = {"width": size[0], "height": size[1]}
    context = browser.new_context(viewport=view, color_scheme="light", offline=True)
    found = Opened(context.new_page(), [], [])
    found.page.on("pageerror", lambda error: found.complaints.append(str(error)))
    found.page.on("console", lambda said: complain(found, said.type, said.text))
    found.page.on("request", lambda request: found.asked.append(request.url))
    found.page.goto(path.as_uri())
    found.page.wait_for_selector(ready, timeout=30_000)
    return found


def complain(found: Opened, kind: str, text: str) -> None:
    """Keep what the console says in earnest."""
    if kind in ("error", "warning"):
        found.complaints.append(text)


def column(page: Page, title: str) -> tuple[Any, Callable[[], list[str]]]:
    """The button of a column of the table of runs, and what reads the column's texts."""
    titles = [text.strip() for text in page.locator("#runs th").all_inner_texts()]
    cells = page.locator(f"#runs td:nth-child({titles.index(title) + 1})")
    return page.locator("#runs th button").nth(titles.index(title)), cells.all_inner_texts


def channels(colour: str) -> list[float]:
    """Red, green and blue of `rgb(…)` or `#rrggbb`, from 0 to 1."""
    if colour.startswith("#"):
        return [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


def luminance(colour: str) -> float:
    """Relative luminance after WCAG 2.2."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in channels(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    """Contrast ratio after WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(two)))
    return (high + 0.05) / (low + 0.05)


def pointed_at(page: Page, place: str, plot: int, part: str) -> tuple[list[str], str]:
    """What a point of a plot is, and what is told of it when the pointer goes there."""
    page.locator(f"#{place} .plot").first.scroll_into_view_if_needed()
    x, y, *said = page.evaluate(POINT, [plot, part])
    page.mouse.move(x - 4, y)
    page.mouse.move(x, y)
    page.wait_for_function(f"({TOOLTIPS})() !== ''")
    told = page.evaluate(TOOLTIPS)
    page.mouse.move(2, 2)
    return said, told
