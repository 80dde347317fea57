import base64
from pathlib import Path

import pytest

from tests.results.answers import entries, sources
from tests.results.reader import Reader
from tests.results.reports import HOSTILE
from whynorm.results.claims import VERDICTS
from whynorm.results.claims_page import LOOKS, WORDS, counts, text, write
from whynorm.results.language import LANGUAGES, translated
from whynorm.results.standalone import digest


@pytest.fixture(scope="module")
def figure(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("experiments") / "figure.svg"
    path.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>")
    return path


def read(figure: Path, language: str = "en", words: str = "batch norm needs") -> Reader:
    """The page of made-up claims."""
    told = entries(figure, words), sources(f"runs 2: {words}")
    return Reader(text(*told, home="../experiments", language=language))


@pytest.fixture(scope="module")
def page(figure: Path) -> Reader:
    return read(figure)


@pytest.fixture(scope="module")
def harmful(figure: Path) -> Reader:
    return read(figure, words=" ".join(HOSTILE))


def test_every_sentence_is_told_with_its_answer(page: Reader) -> None:
    for number in range(1, 5):
        assert f"batch norm needs: −{number}.00" in page.words()


def test_an_open_claim_says_that_it_is_not_measured(page: Reader) -> None:
    assert "Not yet measured; what is expected was written down before any run." in page.words()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_verdict_is_a_word_and_a_mark(language: str, figure: Path) -> None:
    shown = read(figure, language)
    for verdict in VERDICTS:
        assert translated(WORDS[verdict], language) in shown.words()
        assert LOOKS[verdict] in {str(a.get("class")).split()[-1] for _, a in shown.elements}


def test_verdicts_are_counted(figure: Path) -> None:
    found = entries(figure)
    assert counts([found[0], found[0], found[3]]) == [
        ("holds", 2),
        ("not decided at this scale", 1),
    ]


def test_each_experiment_is_linked_from_where_the_page_lies(figure: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs/all/report.html"
    experiments = tmp_path / "experiments"
    write(entries(figure), sources(), path, experiments=experiments, language="en")
    shown = Reader(path.read_text(encoding="utf-8"))
    links = [str(a["href"]) for tag, a in shown.elements if tag == "a"]
    assert {link for link in links if not link.startswith("#")} == {
        f"../../experiments/{name}/" for name in ("rain", "hail", "snow")
    }


def test_every_link_inside_the_page_has_its_end(page: Reader) -> None:
    ends = {f"#{a['id']}" for _, a in page.elements if "id" in a}
    inside = [a["href"] for tag, a in page.elements if tag == "a" and str(a["href"])[0] == "#"]
    assert inside and set(inside) <= ends


def test_a_figure_is_an_image_that_holds_the_file(page: Reader, figure: Path) -> None:
    addresses = [str(a["src"]) for tag, a in page.elements if tag == "img"]
    held = {base64.b64decode(address.split(",")[1]) for address in addresses}
    assert (len(addresses), held) == (4, {figure.read_bytes()})


def test_the_page_has_no_script_and_no_attribute_that_runs_or_styles(harmful: Reader) -> None:
    names = {name for _, attributes in harmful.elements for name in attributes}
    assert "script" not in {tag for tag, _ in harmful.elements}
    assert [name for name in names if name.startswith("on") or name == "style"] == []


def test_hostile_texts_add_no_element(page: Reader, harmful: Reader) -> None:
    assert [tag for tag, _ in harmful.elements] == [tag for tag, _ in page.elements]


def test_hostile_texts_are_shown_as_they_are(harmful: Reader) -> None:
    assert " ".join(" ".join(HOSTILE).split()) in harmful.words()


def test_the_policy_allows_the_style_sheet_of_the_page_alone(page: Reader) -> None:
    [policy] = [str(a["content"]) for _, a in page.elements if "http-equiv" in a]
    [style] = [data for tag, data in page.texts if tag == "style"]
    assert dict(rule.strip().split(" ", 1) for rule in policy.split(";")) == {
        "default-src": "'none'",
        "style-src": f"'sha256-{digest(style)}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }


def test_an_experiment_is_shown_with_facts_state_and_limits(page: Reader) -> None:
    assert page.words().count("runs 2: batch norm needs") == 3
    assert "Measured on live modules, without any training" in page.words()
    assert "Not yet run." in page.words()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_in_which_language_it_is(language: str, figure: Path) -> None:
    [html] = [a for tag, a in read(figure, language).elements if tag == "html"]
    assert html["lang"] == language
