import math
import re

import pandas
import pytest

from tests.results.sweeps import QUESTION, rows, table
from whynorm.results import latex
from whynorm.results.runs import Question
from whynorm.results.statistics import comparisons, summary

HOSTILE = "a&b_c%$#{}~^\\"
STEADY = [20.0, 21.0, 19.0]


def written(sweep: pandas.DataFrame, question: Question = QUESTION) -> str:
    """The table of a sweep."""
    return latex.table(summary(sweep, question), comparisons(sweep, question), question)


def row(text: str, start: str) -> list[str]:
    """The cells of the line that starts so."""
    [line] = [line for line in text.splitlines() if line.startswith(start)]
    return line.removesuffix(r" \\").split(" & ")


def test_a_cell_is_the_mean_and_half_the_interval() -> None:
    cells = row(written(table({"layer": STEADY, "batch": STEADY})), "layer")
    half = 4.302653 * 1.0 / math.sqrt(3)
    assert cells == ["layer", "3", rf"20.00 $\pm$ {half:.2f}"]


@pytest.mark.parametrize(("shift", "mark"), [(5.0, "+"), (-5.0, "-"), (0.01, "=")])
def test_a_mark_tells_how_a_cell_compares(shift: float, mark: str) -> None:
    arm = [number + shift + noise for number, noise in zip(STEADY, (0.01, 0, -0.01), strict=True)]
    assert row(written(table({"layer": STEADY, "batch": arm})), "batch")[-1].endswith(
        f"$^{{{mark}}}$"
    )


def test_daggers_count_what_diverged_and_the_seeds_include_it() -> None:
    cells = row(written(table({"layer": STEADY, "batch": [20.0, math.nan, math.nan]})), "batch")
    assert cells[1] == "3"
    assert cells[2].endswith(r"$^{2\dagger}$")


def test_no_result_is_a_dash() -> None:
    question = QUESTION._replace(metric="test_loss")
    sweep = table({"layer": STEADY, "batch": [math.nan] * 3}, "test_loss")
    assert row(written(sweep, question), "batch")[-1] == "--"


def test_a_hostile_name_is_escaped() -> None:
    text = written(table({"layer": STEADY, HOSTILE: STEADY}))
    name = r"a\&b\_c\%\$\#\{\}\textasciitilde{}\textasciicircum{}\textbackslash{}"
    assert row(text, "a\\&")[0] == name


@pytest.mark.parametrize("name", ["[2ex]", "*", "two\nlines \\\\ here", '<"|>'])
def test_no_name_is_taken_for_a_command_of_the_table(name: str) -> None:
    text = written(table({"layer": STEADY, name: STEADY}))
    assert not re.search(r"\\\\\s*[\[*]", text)
    assert len(text.splitlines()) == len(
        written(table({"layer": STEADY, "a": STEADY})).splitlines()
    )


def test_braces_and_environments_close() -> None:
    text = re.sub(r"\\[{}$]", "", written(table({"layer": STEADY, HOSTILE: STEADY})))
    depths = [0]
    for character in text:
        depths.append(depths[-1] + {"{": 1, "}": -1}.get(character, 0))
    assert min(depths) == depths[-1] == 0
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    assert text.count("$") % 2 == 0


def test_every_line_has_as_many_cells_as_the_table_has_columns() -> None:
    sweep = table({"layer": STEADY, HOSTILE: STEADY})
    question = QUESTION._replace(beside=["test_loss"])
    text = written(sweep.assign(test_loss=1.0), question)
    [form] = re.findall(r"\\begin\{tabular\}\{(\w+)\}", text)
    lines = [line for line in text.splitlines() if " & " in line]
    assert {len(re.split(r"(?<!\\)&", line)) for line in lines} == {len(form)}
    assert rf"\multicolumn{{{len(form)}}}" in text


def test_the_factor_lies_across_in_the_order_of_its_numbers() -> None:
    sweep = [
        made
        for n in ("16", "2", "8")
        for arm in ("layer", "batch")
        for made in rows("bleu", arm, [float(n)] * 3, placement="pre", sentences=n)
    ]
    question = QUESTION._replace(factor="sentences", beside=[])
    text = written(pandas.DataFrame(sweep), question)
    assert row(text, "arm") == ["arm", "placement", "seeds", "2", "8", "16"]
    assert [cell[:4] for cell in row(text, "batch")[3:]] == ["2.00", "8.00", "16.0"]
