"""The lines of a text file, plain or gzipped; what is no text is refused with its place."""

import gzip
import zlib
from pathlib import Path

GZIP = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_lines(path: Path) -> list[str]:
    """The lines of a UTF-8 file, plain or gzipped, without the characters that end them.

    Lines end in LF or CRLF alone: U+2028, U+0085 and the form feed are characters of a line. A
    byte-order mark is no part of the text. Raises ValueError where the file is missing, empty,
    cut short, or not UTF-8.
    """
    lines = _decoded(_plain(_bytes(path), path), path).split("\n")
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise ValueError(f"{path} is empty; give a file with one sentence a line")
    return [line.removesuffix("\r") for line in lines]


def _bytes(path: Path) -> bytes:
    try:
        return path.expanduser().read_bytes()
    except FileNotFoundError:
        raise ValueError(
            f"{path} does not exist; correct the path, which is relative to {Path.cwd()}"
        ) from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}; name a text file") from error


def _plain(data: bytes, path: Path) -> bytes:
    # No UTF-8 text begins with these two bytes, so that they tell more than the file's name.
    if not data.startswith(GZIP):
        if path.suffix == ".gz" and data:
            raise ValueError(f"{path} is no gzip file; drop .gz from its name or compress it")
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        raise ValueError(
            f"{path} is truncated: its gzip data stops after {len(data)} bytes; copy it again"
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path} has damaged gzip data ({error}); copy it again") from error


def _decoded(data: bytes, path: Path) -> str:
    data = data.removeprefix(BYTE_ORDER_MARK)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise ValueError(
            f"{path}, line {line}, column {column}: byte 0x{data[error.start]:02x} is not UTF-8; "
            "convert the file, for example with iconv -f latin1 -t utf-8"
        ) from None
