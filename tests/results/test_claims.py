from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from whynorm.results.claims import begins_a_number, read

ANSWERED: dict[str, Any] = {
    "number": 1,
    "verdict": "holds",
    "en": {"claim": "it rains", "measured": "rain", "answer": "It does: {amount} mm."},
    "ko": {"claim": "비가 온다", "measured": "비", "answer": "옵니다. {amount} mm."},
    "numbers": {"amount": {"table": "rain/summary.csv", "row": {"day": 1}, "column": "mean"}},
    "rests_on": [{"table": "rain/a.csv", "row": {"day": [1, 2]}, "says": {"wet": "yes"}}],
    "figure": "rain/figure.svg",
    "experiments": ["rain"],
}
UNMEASURED: dict[str, Any] = {
    "number": 2,
    "verdict": "open",
    "en": {"claim": "it snows", "measured": "snow"},
    "ko": {"claim": "눈이 온다", "measured": "눈"},
}


def written(folder: Path, *claims: dict[str, Any]) -> Path:
    """A file with these claims."""
    path = folder / "claims.yaml"
    path.write_text(yaml.safe_dump(list(claims), allow_unicode=True), encoding="utf-8")
    return path


def changed(place: str, value: Any) -> dict[str, Any]:
    """The answered claim with another value at a dotted place."""
    claim = deepcopy(ANSWERED)
    *above, last = place.split(".")
    node: dict[str, Any] = claim
    for key in above:
        node = node[key]
    node[last] = value
    return claim


def test_a_label_is_text_however_it_is_written(tmp_path: Path) -> None:
    [claim] = read(written(tmp_path, ANSWERED))
    assert claim.numbers["amount"].row == {"day": "1"}
    assert claim.rests_on[0].row == {"day": ["1", "2"]}


def test_one_allowed_word_is_a_list_of_one(tmp_path: Path) -> None:
    [claim] = read(written(tmp_path, ANSWERED))
    assert claim.rests_on[0].says == {"wet": ["yes"]}


def test_a_claim_may_wait_for_its_experiment(tmp_path: Path) -> None:
    assert read(written(tmp_path, ANSWERED, UNMEASURED))[1].experiments == []


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("verdict", "true", r"claim 1: verdict: Input should be 'holds', 'holds with conditions'"),
        ("verdict", "open", "verdict: open: all but an open claim has its answers"),
        ("en.answer", "", "verdict: holds: all but an open claim has its answers"),
        ("ko.answer", "옵니다.", r"ko.answer has places for \[\], and numbers are \['amount'\]"),
        ("en.answer", "{amount} and {more}", r"places for \['amount', 'more'\], and numbers are"),
        ("en.answer", "{amount:.2f} mm", r"\{amount\} in the answer is no plain name"),
        ("en.answer", "{amount.real} mm", r"\{amount.real\} in the answer is no plain name"),
        ("en.answer", "{amount} mm in 3 days", "'3' is typed into the answer: give it a place"),
        ("figure", None, "an answer needs experiments and a figure"),
        ("experiments", [], "an answer needs experiments and a figure"),
        ("colour", "red", "claim 1: colour: Extra inputs are not permitted"),
        ("numbers.amount.row.day", True, "True is neither text nor number: put yes, no"),
        ("numbers.amount.column", None, "claim 1: numbers.amount.column: "),
        ("number", 4, "numbered 1, 2, 3 and so on"),
    ],
)
def test_a_mistake_is_refused_with_its_place(
    place: str, value: Any, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        read(written(tmp_path, changed(place, value)))


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nowhere\.yaml cannot be read"):
        read(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("word", ["3", "(−1.5", "1e9", "약32", "=512", "95%"])
def test_a_number_is_found_in_a_word(word: str) -> None:
    assert begins_a_number(word)


@pytest.mark.parametrize("word", ["peek_12", "float16", "x1", "pre-norm", "열두"])
def test_a_digit_of_a_name_is_no_number(word: str) -> None:
    assert not begins_a_number(word)
