"""The claims on one page that opens from disk, runs no script, and is printed as slides."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup

from whynorm.results.claims import OPEN, VERDICTS, Verdict
from whynorm.results.claims_table import UNMEASURED
from whynorm.results.evidence import Answered, Source
from whynorm.results.language import translated
from whynorm.results.standalone import address, digest, environment, own

# The classes of the style sheet that each verdict has.
LOOKS: dict[Verdict, str] = {
    "holds": "holds",
    "holds with conditions": "conditions",
    "does not hold": "fails",
    "not decided at this scale": "undecided",
    "open": "unmeasured",
}
WORDS = {verdict: UNMEASURED if verdict == OPEN else verdict for verdict in VERDICTS}
STATES = {
    "waiting": "Not yet run.",
    "probed": "Measured on live modules, without any training; its README says with what and how.",
}


class Count(NamedTuple):
    """How many claims have a verdict."""

    verdict: Verdict
    claims: int


def write(
    entries: Sequence[Answered],
    sources: Sequence[Source],
    path: Path,
    *,
    experiments: Path,
    language: str,
) -> None:
    """Write the page; its links lead to the folders below `experiments` from where it lies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    home = Path(os.path.relpath(experiments, path.parent)).as_posix()
    content = text(entries, sources, home=home, language=language)
    path.write_text(content, encoding="utf-8", newline="\n")


def text(
    entries: Sequence[Answered], sources: Sequence[Source], *, home: str, language: str
) -> str:
    """The page. All texts are escaped, and its policy lets nothing run and nothing be asked for."""
    pages = environment()
    pages.filters["said"] = partial(translated, language=language)
    style = own("page.css") + own("claims.css")
    return pages.get_template("claims.html").render(
        entries=entries,
        sources=sources,
        home=home,
        language=language,
        policy=policy(style),
        style=Markup(style),
        looks=LOOKS,
        words=WORDS,
        states=STATES,
        counts=counts(entries),
        pictures={entry.number: address(entry.figure) for entry in entries if entry.figure},
    )


def policy(style: str) -> str:
    """The content security policy: this style sheet, pictures that the page holds, and no more."""
    return (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def counts(entries: Sequence[Answered]) -> list[Count]:
    """How many claims have each verdict, those left out that none has."""
    given = [entry.verdict for entry in entries]
    return [Count(verdict, given.count(verdict)) for verdict in VERDICTS if verdict in given]
