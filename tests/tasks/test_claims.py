"""`task=compare experiment=all` from an empty folder: it reads what the project has published."""

from pathlib import Path

import pytest
import yaml

from tests.tasks.launching import Ended, launch
from whynorm.tasks import job

ASKED = ("task=compare", "experiment=all")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ended]:
    """The folder of the report, and what was said of it."""
    folder = tmp_path_factory.mktemp("claims")
    ended = launch(folder, *ASKED)
    return folder / "runs/all/report", ended


def test_page_and_table_are_written_wherever_one_stands(written: tuple[Path, Ended]) -> None:
    assert written[1].code == 0, written[1].err
    expected = {"report.html", "answer.md", "map.md", "map.svg", "map.png"}
    assert {path.name for path in written[0].iterdir()} == expected


def test_the_verdicts_are_counted_in_the_terminal(written: tuple[Path, Ended]) -> None:
    lines = [line.split() for line in written[1].out.splitlines()]
    assert sum(int(line[0]) for line in lines if line[0].isdecimal()) == 15


@pytest.mark.long
def test_the_page_speaks_korean_where_it_is_asked_to(tmp_path: Path) -> None:
    launch(tmp_path, *ASKED, "language=ko")
    page = (tmp_path / "runs/all/report/report.html").read_text(encoding="utf-8")
    assert '<html lang="ko">' in page and "조건부로 맞음" in page


def test_table_and_map_are_published_between_their_marks(
    written: tuple[Path, Ended], tmp_path: Path
) -> None:
    readme, beside = tmp_path / "README.md", tmp_path / "experiments/all"
    readme.write_text("before\n<!-- claims -->\nold\n<!-- /claims -->\nafter\n")
    beside.mkdir(parents=True)
    (beside / "README.md").write_text("<!-- map -->\n<!-- /map -->\n")
    ended = launch(tmp_path, *ASKED, "publish=README.md")
    table = (written[0] / "answer.md").read_text(encoding="utf-8")
    assert "published: README.md" in ended.out
    assert readme.read_text(encoding="utf-8") == (
        f"before\n<!-- claims -->\n{table}<!-- /claims -->\nafter\n"
    )
    told = (written[0] / "map.md").read_text(encoding="utf-8")
    assert (beside / "README.md").read_text() == f"<!-- map -->\n{told}<!-- /map -->\n"
    assert (beside / "map.svg").read_bytes() == (written[0] / "map.svg").read_bytes()


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("publish=nowhere.md",), "publish=nowhere.md: it has no <!-- claims --> with"),
        (("language=de",), "language=de: there is no such language; choose from en, ko"),
    ],
)
def test_what_cannot_be_done_is_refused(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    ended = launch(tmp_path, *ASKED, *arguments)
    assert (ended.code, message in ended.err) == (2, True)


def test_a_sweep_of_what_only_reads_is_refused(tmp_path: Path) -> None:
    ended = launch(tmp_path, "-m", "experiment=all")
    assert (ended.code, list(tmp_path.iterdir())) == (2, [])
    assert "only reads what they have left: leave -m out" in ended.err


def test_a_verdict_whose_ground_fell_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "experiments/all"
    folder.mkdir(parents=True)
    said = {"claim": "it rains", "measured": "rain", "answer": "It does."}
    ground = {"table": "rain.csv", "row": {"day": 1}, "says": {"wet": "yes"}}
    claim = {"number": 1, "verdict": "holds", "en": said, "ko": said, "rests_on": [ground]}
    claims = [{**claim, "figure": "rain.csv", "experiments": ["all"]}]
    (folder / "claims.yaml").write_text(yaml.safe_dump(claims))
    empty = {"metric": "bleu", "against": "layer", "arms": {}, "experiments": []}
    (folder / "map.yaml").write_text(yaml.safe_dump(empty))
    for name in ("README.md", "experiment.yaml"):
        (folder / name).write_text("")
    (folder.parent / "rain.csv").write_text("day,wet\n1,no\n")
    monkeypatch.setattr(job, "project", lambda: tmp_path)
    ended = launch(tmp_path, *ASKED)
    assert ended.code == 2
    assert "claim 1: experiments/rain.csv no longer says wet = yes at day = 1, but no" in ended.err
    assert not (tmp_path / "runs/all/report/report.html").exists()
