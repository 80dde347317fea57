"""No name leads a run out of the folder of all runs; hydra.run.dir may, for it says so."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.choosing import sampled
from tests.tasks.launching import launch
from whynorm.tasks.sweep import folder_name

LEADING_OUT = [
    ["name=../../x"],
    ["name=/etc/x"],
    ["name=a/../../../x"],
    ["group=/etc/x"],
    ["group=.."],
    ["group=a/../../b"],
    ["group=a//b"],
    ["group=''"],
    [r"group='..\x'"],
    ["-m", "seed=1", "group=../x"],
    ["-m", "name=a,../../x"],
    ["task=compare", "group=../x"],
    ["task=dashboard", "view=local", "group=../x"],
    ["task=probe", "group=../x"],
]


@pytest.mark.parametrize("words", sampled((one,) for one in LEADING_OUT), ids=" ".join)
def test_a_name_that_leads_out_of_the_runs_is_refused_before_anything_is_written(
    words: list[str], tmp_path: Path
) -> None:
    place = tmp_path / "here"
    place.mkdir()
    ended = launch(place, *words)
    assert ended.code == 2
    assert re.fullmatch(r"(group|name)=\S* is no name of a folder inside runs/: .*\n", ended.err)
    assert list(tmp_path.rglob("*")) == [place]


@given(st.text(), st.text())
def test_the_folder_of_an_arm_lies_in_that_of_its_sweep(label: str, value: str) -> None:
    name = folder_name({"arm": label, "seed": value}, "0123456789abcdef")
    assert Path("sweep", name).parent == Path("sweep")
    assert name not in ("", ".", "..")
