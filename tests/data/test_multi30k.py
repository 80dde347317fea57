import gzip
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pooch
import pytest

from whynorm.data import multi30k
from whynorm.data.corpus import Pair

FILES = {
    name: gzip.compress(f"{name}, first\n{name}, second\n".encode(), mtime=0)
    for name in multi30k.SHA256
}
Serve = Callable[[Callable[[str], bytes]], list[str]]


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Small files in place of the published ones, and a cache of the test's own."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    monkeypatch.setattr(multi30k, "SHA256", hashes)
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.delenv("WHYNORM_DATA", raising=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Answer requests on this machine; what was asked for is listed."""
    servers: list[HTTPServer] = []

    def begin(answer: Callable[[str], bytes]) -> list[str]:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                data = answer(self.path.lstrip("/"))
                self.send_response(200)
                self.send_header("Content-Length", str(len(FILES[self.path.lstrip("/")])))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(multi30k, "ADDRESS", f"http://127.0.0.1:{server.server_port}/")
        return asked

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def cached(folder: Path) -> list[str]:
    return sorted(os.listdir(folder / "cache" / "whynorm" / "multi30k"))


def give(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    given = folder / "given" / "multi30k"
    given.mkdir(parents=True)
    for name, data in FILES.items():
        (given / name).write_bytes(data)
    monkeypatch.setenv("WHYNORM_DATA", str(folder / "given"))
    return given


def test_the_files_are_fetched_once_and_kept(serve: Serve, tmp_path: Path) -> None:
    asked = serve(FILES.__getitem__)
    first = multi30k.multi30k(source="de", target="en")
    second = multi30k.multi30k(source="de", target="en")
    assert sorted(asked) == sorted(f"/{name}" for name in FILES)
    assert cached(tmp_path) == sorted(FILES)
    assert first == second


def test_a_file_has_its_name_only_once_it_is_whole(serve: Serve, tmp_path: Path) -> None:
    seen: dict[str, list[str]] = {}

    def answer(name: str) -> bytes:
        seen[name] = cached(tmp_path)
        return FILES[name]

    serve(answer)
    multi30k.multi30k(source="de", target="en")
    assert all(name not in there for name, there in seen.items())
    assert all(len(set(there) - FILES.keys()) == 1 for there in seen.values())


def test_a_fetch_that_breaks_off_leaves_nothing_behind(serve: Serve, tmp_path: Path) -> None:
    serve(lambda name: FILES[name][:10])
    with pytest.raises(
        ValueError, match=r"could not be fetched into .*; connect to the network, o"
    ):
        multi30k.multi30k(source="de", target="en")
    assert cached(tmp_path) == []


def test_a_fetched_file_with_another_hash_is_refused(serve: Serve, tmp_path: Path) -> None:
    serve(lambda name: FILES[name][::-1])
    with pytest.raises(ValueError, match=r"train\.de\.gz has another SHA-256 than \w+; try again"):
        multi30k.multi30k(source="de", target="en")
    assert cached(tmp_path) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(serve: Serve, tmp_path: Path) -> None:
    asked = serve(FILES.__getitem__)
    whole = multi30k.multi30k(source="de", target="en")
    (tmp_path / "cache" / "whynorm" / "multi30k" / "val.en.gz").write_bytes(b"damaged")
    assert multi30k.multi30k(source="de", target="en") == whole
    assert asked.count("/val.en.gz") == 2


def test_an_unreachable_network_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multi30k, "ADDRESS", "http://127.0.0.1:9/")
    message = (
        r"train\.de\.gz could not be fetched .*\(.*refused.*\); .*set WHYNORM_DATA to a folder"
    )
    with pytest.raises(ValueError, match=message):
        multi30k.multi30k(source="de", target="en")


def test_the_files_of_a_given_folder_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = give(tmp_path, monkeypatch)
    corpus = multi30k.multi30k(source="en", target="de")
    assert corpus.train[1] == Pair("train.en.gz, second", "train.de.gz, second")
    assert list(corpus.tests) == ["test_2016", "test_2017", "test_mscoco"]
    assert corpus.tests["test_mscoco"][0].target == "test_2017_mscoco.de.gz, first"
    assert corpus.place("validation", 1) == f"{given}/val.en.gz, line 2"


def test_the_direction_is_swapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    give(tmp_path, monkeypatch)
    there = multi30k.multi30k(source="de", target="en")
    back = multi30k.multi30k(source="en", target="de")
    assert [pair[::-1] for pair in there.train] == [tuple(pair) for pair in back.train]
    assert (back.source_language, back.target_language) == ("en", "de")


def test_a_given_file_with_another_hash_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (give(tmp_path, monkeypatch) / "val.de.gz").write_bytes(FILES["val.en.gz"])
    with pytest.raises(
        ValueError, match=r"val\.de\.gz has SHA-256 \w+ instead of \w+; copy it aga"
    ):
        multi30k.multi30k(source="de", target="en")


def test_a_file_missing_from_the_given_folder_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (give(tmp_path, monkeypatch) / "val.de.gz").unlink()
    with pytest.raises(ValueError, match=r"val\.de\.gz does not exist; .* unset WHYNORM_DATA"):
        multi30k.multi30k(source="de", target="en")


def test_a_language_is_not_translated_into_itself() -> None:
    with pytest.raises(ValueError, match=r"source=de and data\.corpus\.target=de are one language"):
        multi30k.multi30k(source="de", target="de")
