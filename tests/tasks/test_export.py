"""`task=export`: a folder for CTranslate2, or a run folder without batch norms."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tasks.launching import TINY, Ended, launch, only_run

pytestmark = pytest.mark.long

LINES = "Der Hund schläft.\nDie Katze sieht den Vogel.\n\nJa.\n"
GREEDY = "decoding.beam=1"


@pytest.fixture(scope="module")
def batch_trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of a tiny model with batch norms."""
    folder = tmp_path_factory.mktemp("batch")
    ended = launch(folder, *TINY, "norm=batch")
    assert ended.code == 0, ended.out + ended.err
    return only_run(folder)


@pytest.fixture(scope="module")
def folded(batch_trained: Path) -> tuple[Path, Ended]:
    """The run folder of the same model without them, and what was said of it."""
    ended = launch(batch_trained, "task=export", f"run={batch_trained}")
    assert ended.code == 0, ended.out + ended.err
    return batch_trained / "export/folded", ended


def translations(run: Path, where: Path, *arguments: str) -> str:
    ended = launch(where, "task=translate", f"run={run}", *arguments, typed=LINES.encode())
    assert ended.code == 0, ended.err
    return ended.out


def test_a_folded_run_translates_as_the_run_did(
    batch_trained: Path, folded: tuple[Path, Ended], tmp_path: Path
) -> None:
    assert translations(folded[0], tmp_path) == translations(batch_trained, tmp_path)


def test_a_folded_run_has_the_scores_of_the_run(
    batch_trained: Path, folded: tuple[Path, Ended], tmp_path: Path
) -> None:
    ended = launch(
        tmp_path, "task=evaluate", f"run={folded[0]}", f"hydra.run.dir={tmp_path / 'evaluation'}"
    )
    assert ended.code == 0, ended.err
    mine, other = (
        json.loads((place / "scores.json").read_text())["test"]["test"]
        for place in (batch_trained, tmp_path / "evaluation")
    )
    assert mine.pop("loss") == pytest.approx(other.pop("loss"), rel=1e-5)
    assert mine["beam"] == other["beam"]


def test_what_was_folded_is_said(folded: tuple[Path, Ended]) -> None:
    assert re.search(r"norms +10, of the encoder and the decoder", folded[1].out)


def test_the_newest_run_is_not_an_export(batch_trained: Path, folded: tuple[Path, Ended]) -> None:
    place = batch_trained.parent.parent.parent
    ended = launch(place, "task=export", "run=last")
    assert f"{batch_trained.relative_to(place)}/export/folded is there already" in ended.err


def test_the_lines_of_python_beside_an_export_translate_as_we_do_within_our_limits(
    trained: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ctranslate2")
    ended = launch(tmp_path, "task=export", f"run={trained}", "output=there", GREEDY)
    assert ended.code == 0, ended.err
    page = (tmp_path / "there/README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"```python\n(.*?)```", page, re.S)
    found = subprocess.run(
        [sys.executable, "-c", lines],
        cwd=tmp_path / "there",
        input=LINES.encode(),
        check=True,
        capture_output=True,
    )
    ours = translations(trained, tmp_path, GREEDY).splitlines()
    theirs = found.stdout.decode().splitlines()
    assert len(theirs) == len(ours)
    assert all(one.startswith(two) for one, two in zip(theirs, ours, strict=True))


REFUSED = [
    (["mask=no_cross_padding"], r"mask\.cross: .* CTranslate2 has no other masks"),
    (["output=config.yaml"], r"config\.yaml is there already; remove it"),
    (["output=config.yaml/model"], r"config\.yaml/model cannot be written: Not a directory"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED, ids=[a[0][0] for a in REFUSED])
def test_what_cannot_be_exported_is_refused_in_one_sentence(
    arguments: list[str], message: str, trained: Path, tmp_path: Path
) -> None:
    pytest.importorskip("ctranslate2")
    (tmp_path / "config.yaml").touch()
    where = [] if arguments[0].startswith("output=") else ["output=there"]
    ended = launch(tmp_path, "task=export", f"run={trained}", *arguments, *where)
    assert (ended.code, len(ended.err.splitlines())) == (2, 1), ended.err
    assert re.search(message, ended.err)
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
