"""The claims as a table of Markdown, for the README of the project."""

from collections.abc import Sequence

from whynorm.results.claims import OPEN
from whynorm.results.evidence import README, Answered
from whynorm.results.language import translated
from whynorm.results.markdown import lines

TITLES = ("", "the usual explanation", "what is measured", "verdict", "answer")
UNMEASURED = "not yet measured"


def table(entries: Sequence[Answered], language: str) -> str:
    """A row for each claim; links lead from the folder that holds experiments/."""
    titles = [translated(title, language) if title else "" for title in TITLES]
    return "\n".join(lines(titles, [row(entry, language) for entry in entries]))


def row(entry: Answered, language: str) -> list[str]:
    """Number, sentence, what is measured, verdict, and the answer with links to its experiments."""
    verdict = UNMEASURED if entry.verdict == OPEN else entry.verdict
    links = ", ".join(f"[{name}](experiments/{name}/{README})" for name in entry.experiments)
    told = f"{entry.answer} ({links})" if entry.answer else links
    return [str(entry.number), entry.claim, entry.measured, translated(verdict, language), told]
