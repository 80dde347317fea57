"""The lesson runs as a student would run it, and is kept as one would find it."""

import re
from typing import Any

import matplotlib.pyplot as plt
import nbclient
import nbformat
import pytest

from tests.house.source import ROOT

LESSON = ROOT / "docs/lesson.ipynb"
BOOK = nbformat.read(LESSON, as_version=4)
CODE = [cell for cell in BOOK.cells if cell.cell_type == "code"]
NAMES = [cell.id for cell in CODE]
TRAINING = "cheating-run"  # the cell that takes most of the time
SECONDS = 600  # of one cell, where others are at work


@pytest.mark.parametrize("cell", CODE, ids=NAMES)
def test_a_cell_compiles_and_holds_nothing_of_an_earlier_run(cell: Any) -> None:
    compile(cell.source, cell.id, "exec")
    assert (cell.outputs, cell.execution_count) == ([], None)


def test_the_lesson_is_a_notebook_as_its_format_says() -> None:
    nbformat.validate(BOOK)


def test_every_section_asserts_what_it_says() -> None:
    text = "\n".join(cell.source for cell in BOOK.cells)
    sections = re.split(r"^## \d\.", text, flags=re.M)[1:]
    assert len(sections) == 5
    assert [one[:30] for one in sections if not re.search(r"^ *assert ", one, re.M)] == []


def test_what_the_lesson_links_to_is_there() -> None:
    text = "\n".join(cell.source for cell in BOOK.cells)
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (LESSON.parent / link).exists()] == []


def test_all_that_needs_no_training_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LESSON.parent)
    names: dict[str, Any] = {}
    for cell in CODE[: NAMES.index(TRAINING)]:
        exec(compile(cell.source, cell.id, "exec"), names)
    plt.close("all")


@pytest.mark.long
def test_the_lesson_runs_from_top_to_bottom() -> None:
    book = nbformat.read(LESSON, as_version=4)
    place = {"metadata": {"path": str(LESSON.parent)}}
    nbclient.NotebookClient(book, timeout=SECONDS, resources=place).execute()
    assert all(cell.execution_count for cell in book.cells if cell.cell_type == "code")
