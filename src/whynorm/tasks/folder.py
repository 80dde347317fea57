"""The run folder: all that a run leaves behind, and how another task finds it again."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from whynorm.tasks.refusal import Refused
from whynorm.training.manifest import settle

ROOT = Path("runs")
CONFIG, STATUS, SCORES, VERSIONS = "config.yaml", "status.json", "scores.json", "versions.json"
VOCABULARY, CHECKPOINTS, TRANSLATIONS = "vocabulary.json", "checkpoints", "translations.tsv"
UNREADABLE = (YAMLError, OmegaConfBaseException)
LEAKS, LAST = "leaks.json", "last.ckpt"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write the content whole or not at all."""
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def write_whole(path: Path, text: str) -> None:
    """Write the text under a temporary name first, then rename it: not even a power cut halves."""
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(text, encoding="utf-8")
    settle(temporary, path)


def read_json(path: Path) -> dict[str, Any]:
    """The content of a JSON file of a run folder; empty where there is no such file."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as error:
        raise Refused(f"{path} is damaged: {error}; restore it, or remove the folder") from error
    if not isinstance(content, dict):
        raise Refused(f"{path} is damaged: it holds no names; restore it, or remove the folder")
    return content


def write_rows(path: Path, rows: list[list[str]]) -> None:
    """Write a table of tab-separated texts; white space inside a text becomes one space."""
    lines = ["\t".join(" ".join(text.split()) for text in row) for row in rows]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def remove_empty(folder: Path) -> None:
    """Remove a folder if it is empty, and then those above it that are, inside the root of runs."""
    root = ROOT.resolve()
    for place in (folder.resolve(), *folder.resolve().parents):
        if place != folder.resolve() and root not in (place, *place.parents):
            return
        with suppress(OSError):
            place.rmdir()


def newest(root: Path = ROOT) -> Path:
    """The run folder that was begun last."""
    begun = sorted(
        (path.stat().st_mtime, path.parent) for path in root.rglob(CONFIG) if is_run(path.parent)
    )
    if not begun:
        raise Refused(f"run=last: {root}/ holds no run folder yet; train first: python run.py")
    return begun[-1][1]


def is_run(folder: Path) -> bool:
    """True for the folder of a training that was begun."""
    return (folder / CONFIG).is_file() and (folder / STATUS).is_file()


def finished(name: str) -> Path:
    """The run folder of that name, once its training has come to an end that can be used."""
    folder = Path(name)
    if not folder.is_dir():
        raise Refused(f"run={name}: there is no such folder; run=last takes the newest run")
    if not is_run(folder):
        raise Refused(f"run={name}: this is no run folder, for it has no {CONFIG} or {STATUS}")
    state = read_json(folder / STATUS).get("state")
    if state != "done":
        raise Refused(f"run={name}: this run is not finished, its state is '{state}', not 'done'")
    checkpoint(folder)
    return folder


def checkpoint(folder: Path) -> Path:
    """The weights that the run was tested with."""
    name = str(read_json(folder / SCORES).get("checkpoint", "best.ckpt"))
    path = folder / CHECKPOINTS / name
    if path.name != name or not path.is_file():
        raise Refused(f"run={folder}: its weights {CHECKPOINTS}/{name} are missing; train it again")
    return path


def configuration(folder: Path) -> DictConfig:
    """The run's configuration, which training resolved: what is left to resolve is refused."""
    path = folder / CONFIG
    try:
        config = OmegaConf.load(path)
        left = "${" in json.dumps(OmegaConf.to_container(config, resolve=False), default=str)
    except (OSError, ValueError, TypeError, RecursionError, *UNREADABLE) as error:
        raise Refused(f"{path} cannot be read; restore it, or train the run again") from error
    if left or not isinstance(config, DictConfig):
        what = "a value with ${, which no run writes" if left else "no configuration"
        raise Refused(f"{path} holds {what}; restore it, or train the run again")
    return config
