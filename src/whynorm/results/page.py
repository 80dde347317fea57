"""The report as one page that opens from disk and needs nothing but itself."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from bokeh.resources import INLINE
from markupsafe import Markup

from whynorm.results.cells import TRANSLATED, arms, metrics
from whynorm.results.measures import measure
from whynorm.results.page_curves import curves
from whynorm.results.page_plots import factor, left_out, panels
from whynorm.results.page_table import comparison_tables, run_table
from whynorm.results.page_translations import sheets
from whynorm.results.palette import looks
from whynorm.results.report import Report
from whynorm.results.standalone import address, digest, environment, own

PICTURES = 1_500_000  # bytes of pictures that a page takes
STATES = ("done", "diverged", "failed", "interrupted", "running", "waiting")


class Picture(NamedTuple):
    """A picture as an address that holds it; empty where it is too large for the page."""

    name: str
    address: str


def write(report: Report, path: Path) -> None:
    """Write the report as a self-contained page.

    Everything in it is taken for text that anybody may have written: it is escaped, and the page's
    policy lets no script run but the page's own two, by their hashes, and no address be asked.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text(report), encoding="utf-8", newline="\n")


def text(report: Report) -> str:
    """The page."""
    plotted, learnt = panels(report), curves(report)
    scripts = [library(), own("page.js")]
    data = {
        "plots": [panel.item for panel in plotted],
        "curves": learnt._asdict() if learnt else None,
        "arms": arms(report.table, report.question),
    }
    return (
        environment()
        .get_template("page.html")
        .render(
            report=report,
            policy=policy(scripts),
            style=Markup(own("page.css")),
            scripts=[Markup(script) for script in scripts],
            data=Markup(json_text(data)),
            metrics={name: measure(name) for name in metrics(report.question)},
            higher=TRANSLATED,
            counts=counts(report),
            looks=looks(arms(report.table, report.question)),
            panels=plotted,
            left_out=left_out(report),
            factor=factor(report),
            curves=learnt,
            comparisons=comparison_tables(report),
            runs=run_table(report),
            sheets=sheets(report),
            pictures=pictures(report.pictures),
        )
    )


def library() -> str:
    """Bokeh's script without widgets, tables and formulas."""
    return INLINE.clone(components=["bokeh"]).js_raw[0]


def policy(scripts: list[str]) -> str:
    """The content security policy: these scripts, and nothing from anywhere.

    Bokeh writes style sheets into its own trees while it draws, which asks for 'unsafe-inline' in
    elements; style attributes stay forbidden.
    """
    hashes = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; "
        "style-src-attr 'none'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def json_text(data: dict[str, Any]) -> str:
    """JSON that stays inside its script element, whatever texts it holds.

    Nothing in it can end the element or begin a comment, for it has no "<", ">" or "&"; all that is
    not ASCII is escaped, the line separators of Unicode too.
    """
    found = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        found = found.replace(letter, f"\\u{ord(letter):04x}")
    return found


def counts(report: Report) -> str:
    """How many runs there are, and how they ended: `30 runs: 28 done, 1 diverged, 1 failed`."""
    found = Counter(run.state for run in report.runs)
    ends = [f"{found[state]} {state}" for state in STATES if found[state]]
    total = len(report.runs)
    return f"{total} {'run' if total == 1 else 'runs'}: {', '.join(ends)}" if ends else "no runs"


def pictures(paths: list[Path]) -> list[Picture]:
    """The pictures as images, in which scripts never run, as long as there is room for them."""
    found, room = [], PICTURES
    for path in paths:
        content = address(path)
        fits = len(content) <= room
        room -= len(content) if fits else 0
        name = f"{path.parent.name}: {path.stem}".replace("_", " ").replace("-", " ")
        found.append(Picture(name, content if fits else ""))
    return found
