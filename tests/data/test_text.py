import gzip
from pathlib import Path

import pytest

from whynorm.data.text import read_lines


def written(folder: Path, data: bytes, name: str = "text.de") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"eins\nzwei\n", ["eins", "zwei"]),
        (b"eins\nzwei", ["eins", "zwei"]),
        (b"eins\n\nzwei\n", ["eins", "", "zwei"]),
        (b"\n", [""]),
        (b"eins\r\nzwei\r\n", ["eins", "zwei"]),
        (b"\xef\xbb\xbfeins\nzwei\n", ["eins", "zwei"]),
    ],
)
def test_lines_end_in_lf_or_crlf_and_a_byte_order_mark_is_no_text(
    data: bytes, lines: list[str], tmp_path: Path
) -> None:
    assert read_lines(written(tmp_path, data)) == lines


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\u0085", "\f", "\v", "\x1c", "\r"])
def test_other_separators_do_not_split_lines(character: str, tmp_path: Path) -> None:
    text = f"eins{character}zwei\ndrei\n"
    assert read_lines(written(tmp_path, text.encode())) == [f"eins{character}zwei", "drei"]


@pytest.mark.parametrize("name", ["text.de.gz", "text.de"])
def test_a_gzipped_file_is_read_whatever_its_name(name: str, tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress("größe\n".encode()), name)
    assert read_lines(path) == ["größe"]


@pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"text\.de is empty; give a file with one sentence a"):
        read_lines(written(tmp_path, data))


def test_a_byte_that_is_not_utf8_is_refused_with_line_and_column(tmp_path: Path) -> None:
    data = "\ufeffein\r\nweiß größ".encode() + b"\xe4\n"
    with pytest.raises(ValueError, match=r"text\.de, line 2, column 10: byte 0xe4 .* iconv"):
        read_lines(written(tmp_path, data))


def test_a_bad_first_byte_stands_in_line_1_column_1(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 1, column 1: byte 0xff is not UTF-8"):
        read_lines(written(tmp_path, "a".encode("utf-16")))


@pytest.mark.parametrize("kept", [2, 12, 40, -1])
def test_a_truncated_gzip_is_refused(kept: int, tmp_path: Path) -> None:
    data = gzip.compress(bytes(range(32, 127)) * 3)[:kept]
    with pytest.raises(ValueError, match=rf"gz is truncated: .* stops after {len(data)} bytes; co"):
        read_lines(written(tmp_path, data, "text.gz"))


@pytest.mark.parametrize("place", [12, -8])
def test_a_damaged_gzip_is_refused(place: int, tmp_path: Path) -> None:
    data = bytearray(gzip.compress(bytes(range(32, 127)) * 3))
    data[place] ^= 0xFF
    with pytest.raises(ValueError, match=r"text\.gz has damaged gzip data .*; copy it again"):
        read_lines(written(tmp_path, bytes(data), "text.gz"))


def test_a_name_that_promises_gzip_is_held_to_it(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"text\.gz is no gzip file; drop \.gz"):
        read_lines(written(tmp_path, b"eins\n", "text.gz"))


def test_a_missing_file_is_refused_with_the_folder_it_is_sought_from() -> None:
    with pytest.raises(ValueError, match=r"nowhere\.de does not exist; correct the path, which"):
        read_lines(Path("nowhere.de"))


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"cannot be read: Is a directory; name a text file"):
        read_lines(tmp_path)
