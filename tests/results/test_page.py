import base64
import hashlib
import json
import re
from pathlib import Path

import pytest

from tests.results.reader import Reader
from tests.results.reports import HOSTILE, hostile, ordinary, report
from whynorm.results.page import PICTURES, counts, json_text, pictures, text, write
from whynorm.results.report import Report


@pytest.fixture(scope="module")
def usual() -> Report:
    return ordinary()


@pytest.fixture(scope="module")
def page(usual: Report) -> Reader:
    return Reader(text(usual))


@pytest.fixture(scope="module")
def harmful() -> Reader:
    return Reader(text(hostile()))


def test_a_page_begins_with_question_answer_and_doubt(usual: Report, page: Reader) -> None:
    said = [usual.question.question, *usual.answers, usual.question.not_shown, *usual.warnings]
    places = [page.words().find(sentence) for sentence in said]
    assert -1 not in places and places == sorted(places)


def test_sections_stand_in_the_order_of_an_argument(page: Reader) -> None:
    found = [attributes.get("id") for tag, attributes in page.elements if tag == "section"]
    assert found == [None, "comparisons", "seeds", "curves", "runs", "translations", "facts"]


def test_runs_that_did_not_end_well_are_counted() -> None:
    levels = {("layer", "pre", "8"): 20.0, ("batch", "pre", "8"): 19.0}
    found = report(levels, states={0: "diverged", 4: "failed"})
    assert counts(found) == "6 runs: 4 done, 1 diverged, 1 failed"


def test_the_reason_of_a_run_that_did_not_end_well_is_told(usual: Report, page: Reader) -> None:
    reasons = {run.reason for run in usual.runs if run.reason}
    assert reasons and all(reason in page.words() for reason in reasons)


def test_every_verdict_is_a_word(usual: Report, page: Reader) -> None:
    kinds = [str(attributes.get("class")) for tag, attributes in page.elements if tag == "span"]
    drawn = [kind.split()[1] for kind in kinds if kind.startswith("verdict ")]
    legend = ["better", "worse", "same", "diverged", "open"]
    assert sorted(drawn) == sorted([*usual.comparisons["verdict"], *legend])


def test_a_page_refers_to_nothing_outside_itself(page: Reader) -> None:
    names = ("src", "href", "action", "data", "poster", "srcset", "background")
    found = [value or "" for _, a in page.elements for key, value in a.items() if key in names]
    assert found and all(value.startswith(("#", "data:")) for value in found)


def test_a_page_of_hostile_texts_has_the_elements_of_any_page(
    page: Reader, harmful: Reader
) -> None:
    assert {tag for tag, _ in harmful.elements} <= {tag for tag, _ in page.elements}


def test_hostile_texts_add_no_script(harmful: Reader) -> None:
    assert len([tag for tag, _ in harmful.elements if tag == "script"]) == 3


def test_no_attribute_runs_anything_or_styles_itself(harmful: Reader) -> None:
    names = {name for _, attributes in harmful.elements for name in attributes}
    assert [name for name in names if name.startswith("on") or name == "style"] == []


@pytest.mark.parametrize("words", [words for words in HOSTILE if "\u2028" not in words])
def test_a_hostile_text_is_shown_as_it_is(harmful: Reader, words: str) -> None:
    assert words in harmful.words()


def test_the_policy_allows_the_scripts_of_the_page_by_hash_alone(page: Reader) -> None:
    policies = [a["content"] for _, a in page.elements if "http-equiv" in a]
    rule = re.search(r"script-src ([^;]*);", str(policies[0]))
    hashes = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in page.scripts()[1:]
    ]
    assert rule and rule.group(1).split() == [f"'sha256-{digest}'" for digest in hashes]


def test_the_policy_forbids_all_that_it_does_not_name(page: Reader) -> None:
    policies = [a["content"] for _, a in page.elements if "http-equiv" in a]
    rules = dict(rule.strip().split(" ", 1) for rule in str(policies[0]).split(";"))
    del rules["script-src"]
    assert rules == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "style-src-attr": "'none'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


@pytest.mark.parametrize("words", HOSTILE)
def test_no_text_ends_the_element_of_the_data(words: str) -> None:
    assert re.search("[<>&\u2028\u2029]", json_text({words: words})) is None


@pytest.mark.parametrize("words", HOSTILE)
def test_data_are_read_as_they_were_written(words: str) -> None:
    assert json.loads(json_text({words: [words]})) == {words: [words]}


def test_a_picture_is_an_image_that_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "figure.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    head, content = pictures([path])[0].address.split(",")
    assert (head, base64.b64decode(content)) == ("data:image/svg+xml;base64", path.read_bytes())


def test_a_picture_for_which_there_is_no_room_is_left_out_and_the_next_is_not(
    tmp_path: Path,
) -> None:
    large, small = tmp_path / "large.svg", tmp_path / "small.svg"
    large.write_bytes(b"x" * PICTURES)
    small.write_bytes(b"x")
    assert [bool(picture.address) for picture in pictures([large, small])] == [False, True]


def test_a_page_is_written_whole(tmp_path: Path, usual: Report) -> None:
    write(usual, tmp_path / "new" / "report.html")
    assert (tmp_path / "new" / "report.html").read_text(encoding="utf-8").endswith("</html>")


def test_a_report_without_curves_comparisons_and_translations_still_has_its_runs() -> None:
    found = report({("layer", "pre", "8"): 20.0})
    empty = found.table.iloc[:0][[]]
    bare = [run._replace(curve=empty, translations=empty, config={}) for run in found.runs]
    page = Reader(text(found._replace(runs=bare, comparisons=empty)))
    sections = [a.get("id") for tag, a in page.elements if tag == "section"]
    assert sections == [None, "seeds", "runs", "facts"]


@pytest.mark.long
def test_two_hundred_runs_of_fifty_points_stay_below_two_and_a_half_megabytes() -> None:
    arms, sizes = [f"arm {index}" for index in range(10)], ("1", "4", "16", "64")
    levels = {
        (arm, "pre", size): 20.0 + len(size) for arm in ["layer", *arms[1:]] for size in sizes
    }
    assert len(text(report(levels, seeds=5, points=50)).encode()) < 2_500_000
