"""Multi30k: German and English descriptions of 31,014 images (Elliott et al. 2016)."""

import os
from pathlib import Path
from typing import Literal

from whynorm.data.corpus import Corpus
from whynorm.data.parallel import Parallel, read_pairs

COMMIT = "a3d2e0d26b56f3846f66a952536ffed4e401d05a"
ADDRESS = f"https://raw.githubusercontent.com/multi30k/dataset/{COMMIT}/data/task1/raw/"
FOLDER = "multi30k"
FOLDER_VARIABLE = "WHYNORM_DATA"
SPLITS = {
    "train": "train",
    "validation": "val",
    "test_2016": "test_2016_flickr",
    "test_2017": "test_2017_flickr",
    "test_mscoco": "test_2017_mscoco",
}
SHA256 = {
    "train.de.gz": "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6",
    "train.en.gz": "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f",
    "val.de.gz": "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a",
    "val.en.gz": "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28",
    "test_2016_flickr.de.gz": "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8",
    "test_2016_flickr.en.gz": "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9",
    "test_2017_flickr.de.gz": "a2c89666db00c495cd8513b9d708d5a3acc205d7de312ef2bf5fb7ebc1540aee",
    "test_2017_flickr.en.gz": "76a444ee25172e72695cddb13ae4a3bda59430617be88e0bb46b60504f054074",
    "test_2017_mscoco.de.gz": "799e4854c25d601cb6cb6be29eabe5667734c61ace2f495e03e429031a0bc338",
    "test_2017_mscoco.en.gz": "aab300bfb4427697987e02cd0aacd44bfe8aa50456231b6474c08038bbed2b58",
}

Language = Literal["de", "en"]


def multi30k(*, source: Language, target: Language) -> Corpus:
    """The task-1 raw files, one description an image, at a fixed commit of their repository.

    Read from the folder multi30k/ of WHYNORM_DATA where that is set, else fetched once into the
    user's cache. Either way a file that is not the published one is refused with ValueError.
    """
    if source == target:
        raise ValueError(
            f"data.corpus.source={source} and data.corpus.target={target} are one language; choose "
            "de and en"
        )
    splits = {name: _split(stem, source, target) for name, stem in SPLITS.items()}
    pairs = {name: split.pairs for name, split in splits.items()}
    return Corpus(
        pairs.pop("train"),
        pairs.pop("validation"),
        pairs,
        source,
        target,
        notes={"corpus": f"Multi30k task 1 at commit {COMMIT[:7]}"},
        places={name: split.place for name, split in splits.items()},
    )


def _split(stem: str, source: str, target: str) -> Parallel:
    paths = [str(_file(f"{stem}.{language}.gz")) for language in (source, target)]
    return read_pairs(paths, blank="refuse")


def _file(name: str) -> Path:
    folder = os.environ.get(FOLDER_VARIABLE)
    return _given(Path(folder) / FOLDER / name) if folder else _fetched(name)


def _given(path: Path) -> Path:
    """A file that the user has, once it is known to be the published one."""
    import pooch

    if not path.is_file():
        raise ValueError(
            f"{path} does not exist; put it there, or unset {FOLDER_VARIABLE} to fetch it"
        )
    found = pooch.file_hash(str(path))
    if found != SHA256[path.name]:
        raise ValueError(
            f"{path} has SHA-256 {found} instead of {SHA256[path.name]}; copy it again, or unset "
            f"{FOLDER_VARIABLE} to fetch it"
        )
    return path


def _fetched(name: str) -> Path:
    """A file in the user's cache, fetched first where it is not there or damaged.

    pooch writes to a temporary name, and gives the file its own once the hash is right.
    """
    import pooch

    folder = Path(pooch.os_cache("whynorm")) / FOLDER
    try:
        return Path(pooch.retrieve(ADDRESS + name, SHA256[name], fname=name, path=folder))
    except ValueError as error:
        raise ValueError(
            f"{ADDRESS}{name} has another SHA-256 than {SHA256[name]}; try again, or set "
            f"{FOLDER_VARIABLE} to a folder that holds {FOLDER}/{name}"
        ) from error
    except OSError as error:  # of which every error of requests is one
        raise ValueError(
            f"{ADDRESS}{name} could not be fetched into {folder} ({_reason(error)}); connect to "
            f"the network, or set {FOLDER_VARIABLE} to a folder that holds {FOLDER}/{name}"
        ) from error


def _reason(error: BaseException) -> str:
    """The innermost cause: requests wraps a refused connection several times."""
    inner = error.__cause__ or error.__context__
    return _reason(inner) if inner else str(error) or type(error).__name__
