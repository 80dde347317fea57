import re
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.house.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = [line for line in LINES if not line.startswith("#")]
EXTRAS = [line for lines in PROJECT["optional-dependencies"].values() for line in lines]


def canonical(package: str) -> str:
    """A package's name as indices compare it."""
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("pin", PINS)
def test_a_constraint_is_one_version_that_any_index_may_serve(pin: str) -> None:
    assert re.fullmatch(r"[\w.-]+==[\w.]+", pin)


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *EXTRAS])
def test_what_the_project_asks_for_is_pinned_within_its_bounds(line: str) -> None:
    versions = {canonical(pin.split("==")[0]): pin.split("==")[1] for pin in PINS}
    wanted = Requirement(line)
    assert wanted.specifier.contains(versions[canonical(wanted.name)])
