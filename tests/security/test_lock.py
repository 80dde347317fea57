"""The lock files name every file of every package by its hash, and no place to fetch it from."""

import re

import pytest
from packaging.requirements import Requirement

from tests.house.source import ROOT
from tests.house.test_setup import EXTRAS, PROJECT

LOCKS = ["requirements.lock", "requirements-torch.lock"]
HASH = r"--hash=sha256:[0-9a-f]{64}"
PINS = dict(
    line.split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
)


def entries(lock: str) -> list[str]:
    """The packages of a lock file, each with its hashes on one line."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if not line.startswith("#")]


def versions(lock: str) -> dict[str, str]:
    """The version of each package of a lock file."""
    return dict(entry.split()[0].split("==") for entry in entries(lock))


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_of_a_lock_is_one_version_with_hashes(lock: str) -> None:
    form = rf"[\w.-]+==[\w.]+( ; [^#]+?)?( +{HASH})+"
    assert [entry for entry in entries(lock) if not re.fullmatch(form, entry)] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place_to_fetch_packages_from(lock: str) -> None:
    assert re.findall(r"\w+://|--\S*(?:index|links)\S*", (ROOT / lock).read_text("utf-8")) == []


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_the_versions_that_the_tests_ran_with(lock: str) -> None:
    other = {
        name: found for name, found in versions(lock).items() if PINS.get(name, found) != found
    }
    assert other == {}


@pytest.mark.parametrize("line", [*PROJECT["dependencies"], *EXTRAS])
def test_what_the_project_asks_for_is_locked(line: str) -> None:
    name = re.sub(r"[-_.]+", "-", Requirement(line).name).lower()
    assert name in {**versions(LOCKS[0]), **versions(LOCKS[1])}


def test_torch_is_locked_apart_from_everything_else() -> None:
    apart = {"torch", "triton"}
    assert apart & versions(LOCKS[0]).keys() == set()
    assert apart <= versions(LOCKS[1]).keys()
