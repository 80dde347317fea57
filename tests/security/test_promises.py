import re

from tests.house.source import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
PROMISES = re.findall(r"^\| [A-Z`].* \| (.+) \|$", PAGE, re.M)


def test_every_promise_names_a_test() -> None:
    assert [cell for cell in PROMISES if "](tests/" not in cell] == []


def test_every_file_that_the_page_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert [link for link in links if not (ROOT / link).is_file()] == []
