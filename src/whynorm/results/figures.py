"""The figures of a report, drawn by a process of their own while its page is written."""

import multiprocessing
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from pandas import DataFrame

from whynorm.results.report import Report


@contextmanager
def drawn_meanwhile(report: Report, bands: Mapping[str, DataFrame], folder: Path) -> Iterator[None]:
    """Draw the figures while the body runs; at its end they are there, or their error is raised."""
    if sys.platform != "linux":  # elsewhere a new process imports more than is won
        draw(report, bands, folder)
        yield
        return
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as other:
        drawn = other.submit(draw, report, bands, folder)
        yield
        drawn.result()


def draw(report: Report, bands: Mapping[str, DataFrame], folder: Path) -> None:
    """Draw what the report has: differences, the factor, and learning curves by column."""
    # Imported here, for the process that writes the page draws nothing.
    from whynorm.results import comparison, curves, factor

    question = report.question
    if not report.comparisons.empty:
        comparison.draw(report.table, report.comparisons, question, folder / "differences")
    if question.factor:
        factor.draw(report.table, report.summary, question, folder / "factor")
    for name, band in bands.items():
        path = folder / f"curves_{name.replace('/', '_')}"
        curves.draw(band, report.runs, question, name, path)
