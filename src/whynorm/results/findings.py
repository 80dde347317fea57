"""All that a sweep says, and how it is written into a folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pandas

from whynorm.results import bootstrap, latex, statistics, verdict
from whynorm.results.facts import facts, warnings
from whynorm.results.figures import drawn_meanwhile
from whynorm.results.language import ENGLISH
from whynorm.results.markdown import grid
from whynorm.results.report import Report
from whynorm.results.runs import Question, Run
from whynorm.results.table import table
from whynorm.results.tuned import Tuned

PAGE, TABLE, COMPARISONS, SUMMARY = "report.html", "results.csv", "comparisons.csv", "summary.csv"
LATEX, ANSWER = "table.tex", "answer.md"
CURVES = ("val/loss", "val/bleu")


class Findings(NamedTuple):
    """The report, and the curves that its pictures are drawn from."""

    report: Report
    bands: dict[str, pandas.DataFrame]


def made(
    question: Question, runs: Sequence[Run], *, tuned: Tuned | None, pictures: Sequence[Path]
) -> Findings:
    """What the runs answer; `tuned` is None where arms had no learning rate of their own."""
    rows = table(runs, question.observed)
    summary = statistics.summary(rows, question)
    sentences = bootstrap.bootstrap(runs, question)
    compared = bootstrap.joined(statistics.comparisons(rows, question), sentences)
    answers = [
        verdict.headline(question, compared),
        *verdict.sentences(question, summary, compared, sentences),
    ]
    report = Report(
        question,
        list(runs),
        rows,
        summary,
        compared,
        list(dict.fromkeys(answers)),
        [*warnings(question, runs, tuned), *dict.fromkeys(said(compared))],
        list(pictures),
        facts(question, runs, tuned),
    )
    bands = {name: statistics.curve_bands(runs, question, name) for name in CURVES}
    return Findings(report, {name: band for name, band in bands.items() if not band.empty})


def said(compared: pandas.DataFrame) -> list[str]:
    """What comparisons warn of, once each, with the number of comparisons that do."""
    texts = [text for row in compared["warning"] for text in str(row).split("; ") if text]
    return [f"{text} ({texts.count(text)} of {len(compared)} comparisons)" for text in texts]


def write(found: Findings, folder: Path, language: str = ENGLISH) -> None:
    """Write tables, figures, the page, and the answer in Markdown.

    The figures are in that language; all else is English.
    """
    report, question = found.report, found.report.question
    folder.mkdir(parents=True, exist_ok=True)
    for frame, name in (
        (report.table, TABLE),
        (report.comparisons, COMPARISONS),
        (report.summary, SUMMARY),
    ):
        frame.to_csv(folder / name, index=False, lineterminator="\n")
    tex = latex.table(report.summary, report.comparisons, question)
    (folder / LATEX).write_text(tex, encoding="utf-8")
    with drawn_meanwhile(report, found.bands, folder, language):
        from whynorm.results import page  # after the other process has begun, which needs it not

        page.write(report, folder / PAGE)
    (folder / ANSWER).write_text(answer(report, folder), encoding="utf-8")


def answer(report: Report, folder: Path) -> str:
    """The answer as a section of a README: sentences, a figure, a table, what to mind."""
    figure = "factor" if report.question.factor else "differences"
    sentences = [f"**Answer.** {report.answers[0]}", *report.answers[1:]]
    parts = ["\n\n".join(sentences)]
    if (folder / f"{figure}.svg").exists():
        parts.append(f"![The answer as a picture; its numbers are in {TABLE}.]({figure}.svg)")
    parts.append(grid(report.summary, report.question))
    known = [f"{name} {value}" for name, value in report.facts.items() if name != "commands"]
    parts += ["*Mind:* " + "; ".join(report.warnings) + "."] if report.warnings else []
    parts += [f"*What it does not show:* {report.question.not_shown.strip()}", "; ".join(known)]
    return "\n\n".join(parts) + "\n"
