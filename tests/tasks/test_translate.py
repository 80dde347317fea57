"""Translating with a run folder: one line out for each line in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.choosing import sampled
from tests.tasks.launching import Ended, launch


def translated(trained: Path, where: Path, typed: bytes, *arguments: str) -> Ended:
    return launch(where, "task=translate", f"run={trained}", *arguments, typed=typed)


LINES = {
    "empty": b"Der Hund.\n\nDie Katze.\n",
    "windows": b"Der Hund.\r\n\r\nDie Katze.\r\n",
    "byte order mark": b"\xef\xbb\xbfDer Hund.\n   \nDie Katze.",
    "line separator": "Der Hund.\nDer\u2028Hund.\nDie Katze.".encode(),
    "unknown words": b"Qwerty zxcvb.\n?\nDie Katze.\n",
    "over-long": b"Der Hund.\n" + b"Hund " * 400 + b"\nDie Katze.\n",
}


@pytest.mark.parametrize("typed", sampled((line,) for line in LINES.values()), ids=LINES)
def test_each_line_of_input_has_one_line_of_output(
    trained: Path, tmp_path: Path, typed: bytes
) -> None:
    ended = translated(trained, tmp_path, typed)
    assert (ended.code, ended.out.count("\n")) == (0, 3)


def test_an_empty_line_stays_empty(trained: Path, tmp_path: Path) -> None:
    assert translated(trained, tmp_path, b"Der Hund.\n\nHund.\n").out.split("\n")[1] == ""


@pytest.mark.long
def test_an_over_long_line_is_cut_and_said_to_be(trained: Path, tmp_path: Path) -> None:
    err = translated(trained, tmp_path, b"Hund " * 400).err
    assert "1 of 1 lines are longer than 256 tokens" in err


@pytest.mark.long
def test_a_line_is_translated_alike_in_any_company(trained: Path, tmp_path: Path) -> None:
    alone = translated(trained, tmp_path, "Der Hund schläft.\n".encode()).out
    company = translated(trained, tmp_path, "Ja.\nDer Hund schläft.\nDie Katze.\n".encode()).out
    assert company.split("\n")[1] == alone.removesuffix("\n")


def test_several_translations_of_a_line_have_tabs_between_them(
    trained: Path, tmp_path: Path
) -> None:
    out = translated(trained, tmp_path, b"Der Hund.\n", "n_best=3").out
    assert (out.count("\t"), out.count("\n")) == (2, 1)


def test_files_are_read_and_written(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("Der Hund.\nDie Katze.\n")
    ended = translated(trained, tmp_path, b"", "input=in.txt", "output=out.txt")
    assert ended.out == ""
    assert (tmp_path / "out.txt").read_text().count("\n") == 2


def test_translating_changes_nothing_in_the_run_folder(trained: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*.*")}
    translated(trained, tmp_path, b"Der Hund.\n")
    assert {path: path.stat().st_mtime_ns for path in trained.rglob("*.*")} == before


def test_the_attention_of_a_translation_is_drawn(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    translated(trained, tmp_path, b"Der Hund.\n", "attention=out/map.png")
    assert (tmp_path / "out/map.png").read_bytes().startswith(b"\x89PNG")


REFUSED: list[tuple[bytes, list[str], str]] = [
    (b"Hund\nK\xe4tze\n", [], "standard input, line 2, byte 2: this is not UTF-8"),
    (b"", ["input=nowhere.txt"], "input=nowhere.txt cannot be read: No such file"),
    (b"Hund\n", ["output=no/where.txt"], "output=no/where.txt cannot be written: No such"),
    (b"", ["n_best=9"], "n_best=9 must lie between 1 and the beam width 5"),
    (b"", ["n_best=two"], "n_best=two: must be a valid integer"),
    (b"", ["attention=map.mp3"], "attention=map.mp3: choose an ending among"),
]


@pytest.mark.parametrize(("typed", "arguments", "message"), sampled(REFUSED))
def test_what_cannot_be_translated_is_refused(
    trained: Path, tmp_path: Path, typed: bytes, arguments: list[str], message: str
) -> None:
    ended = translated(trained, tmp_path, typed, *arguments)
    assert ended.code == 2
    assert message in ended.err


def test_what_is_typed_is_answered_line_by_line(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["Der Hund.", ""])
    monkeypatch.setattr("whynorm.tasks.translate.typed_at_a_terminal", lambda: True)
    monkeypatch.setattr("builtins.input", lambda prompt: next_line(typed))
    ended = translated(trained, tmp_path, b"")
    assert (ended.code, ended.out.count("\n")) == (0, 2)


def next_line(lines: Iterator[str]) -> str:
    """The next line, or the end of the input."""
    for line in lines:
        return line
    raise EOFError
