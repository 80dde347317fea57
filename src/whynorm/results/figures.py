"""The figures of a report, drawn by a process of their own while its page is written."""

import multiprocessing
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pandas import DataFrame

from whynorm.results.language import ENGLISH
from whynorm.results.report import Report


@contextmanager
def drawn_meanwhile(
    report: Report, bands: Mapping[str, DataFrame], folder: Path, language: str = ENGLISH
) -> Iterator[None]:
    """Draw the figures while the body runs; at its end they are there, or their error is raised."""
    if sys.platform != "linux":  # elsewhere a new process imports more than is won
        draw(report, bands, folder, language)
        yield
        return
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as other:
        drawn = other.submit(draw, report, bands, folder, language)
        yield
        drawn.result()


def draw(
    report: Report, bands: Mapping[str, DataFrame], folder: Path, language: str = ENGLISH
) -> None:
    """Draw what the report has: differences, the factor, and learning curves by column.

    Where no font has the letters of the language, they stand as text in the .svg alone.
    """
    # Imported here, for the process that writes the page draws nothing.
    from whynorm.results import comparison, curves, factor, fonts

    question, drawn = report.question, [folder / "differences"] * (not report.comparisons.empty)
    with fonts.lettered(language):
        for path in drawn:
            comparison.draw(report.table, report.comparisons, question, path, language)
        if question.factor:
            drawn.append(folder / "factor")
            factor.draw(report.table, report.summary, question, drawn[-1], language)
        for name, band in bands.items():
            drawn.append(folder / f"curves_{name.replace('/', '_')}")
            curves.draw(band, report.runs, question, name, drawn[-1], language)
    if not fonts.has_letters_of(language):
        for path in drawn:
            path.with_suffix(".png").unlink()
