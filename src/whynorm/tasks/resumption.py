"""Where a training that was stopped goes on: in which folder, and from which state."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from omegaconf import DictConfig, OmegaConf

from whynorm.tasks.folder import (
    CHECKPOINTS,
    CONFIG,
    SCORES,
    STATUS,
    TRANSLATIONS,
    VERSIONS,
    configuration,
    is_run,
    read_json,
)
from whynorm.tasks.job import NAMES, Job, fingerprint, flattened
from whynorm.tasks.options import Resume
from whynorm.tasks.refusal import Refused
from whynorm.tasks.terminal import say

ENDED = ("done", "diverged")
# What the bits of a result depend on besides the configuration.
SURROUNDINGS = (
    "commit",
    "uncommitted_changes",
    "python",
    "torch",
    "pytorch-lightning",
    "numpy",
    "machine",
    "threads",
)
DATA = "data_sha256"
# What a run that was begun may leave, and another would write over or go on from.
RESULTS = (CHECKPOINTS, "metrics.csv", "batches.tsv", SCORES, TRANSLATIONS)
SHOWN = 3


class Beginning(NamedTuple):
    """How a run begins: in a folder of before or not, from a state after `updates` or from none."""

    before: bool
    state: Path | None
    updates: int


def unfinished(config: DictConfig, place: Path) -> Path | None:
    """The newest folder there of a run with this configuration that came to no end."""
    content = OmegaConf.to_container(config, resolve=True)
    assert isinstance(content, dict)
    identity = fingerprint({str(key): value for key, value in content.items()})
    begun = [path.parent for path in place.glob(f"*/{STATUS}") if is_run(path.parent)]
    same = [one for one in begun if is_left(one, identity)]
    return max(same, key=lambda one: str(read_json(one / STATUS).get("begun")), default=None)


def is_left(folder: Path, identity: str) -> bool:
    """True for an unfinished run of that identity; a folder that cannot be read is passed over."""
    try:
        if read_json(folder / STATUS).get("state") in ENDED:
            return False
        return fingerprint(made_of(folder)) == identity
    except Refused as refusal:
        say(f"WARNING: not looked at: {refusal}")
        return False


def made_of(folder: Path) -> dict[str, Any]:
    """The configuration of the run in that folder, without the choices that made it."""
    content = OmegaConf.to_container(configuration(folder), resolve=True)
    assert isinstance(content, dict)
    return {str(key): value for key, value in content.items() if key != "choices"}


def beginning(this: Job, resume: Resume, *, first: bool) -> Beginning:
    """How this run begins; refused where its folder holds another run, a whole one, or a damaged.

    Of several processes only the `first` asks whether it may, and says what it does.
    """
    from whynorm.training.recovery import newest_whole, update_of

    if not is_run(this.folder):
        if first:
            refuse_remains(this.folder)
        return Beginning(False, None, 0)
    if first:
        refuse_finished(this.folder, resume)
        refuse_other(this)
    state, damaged = newest_whole(this.folder / CHECKPOINTS)
    if first:
        refuse_damaged(this.folder, state, damaged, resume)
    updates = update_of(state) if state else 0
    if first:
        where = f"after update {updates}" if state else "at its first update: it had kept no state"
        say(f"goes on {where}")
    return Beginning(True, state, updates)


def refuse_remains(folder: Path) -> None:
    """Refuse a folder in which results stand, but nothing that says whose they are."""
    found = [name for name in RESULTS if (folder / name).exists()]
    if found:
        raise Refused(
            f"{folder} holds remains of a run ({', '.join(found)}) without its {CONFIG} and "
            f"{STATUS}; restore these, or choose another hydra.run.dir"
        )


def refuse_finished(folder: Path, resume: Resume) -> None:
    """Refuse a folder that is not to be written into any more."""
    state = read_json(folder / STATUS).get("state")
    if state in ENDED:
        raise Refused(
            f"{folder} holds a run already, which is {state}; choose another hydra.run.dir"
        )
    if resume.anew:
        raise Refused(
            f"{folder} holds an unfinished run, which resume.anew=true would overwrite; choose "
            "another hydra.run.dir, or leave resume.anew out to go on with it"
        )


def refuse_other(this: Job) -> None:
    """Refuse to go on with another configuration than the folder's run has."""
    old, new = settings(made_of(this.folder)), settings(this.config)
    differing = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if not differing:
        return
    said = [f"{key} is {old.get(key)} there and {new.get(key)} here" for key in differing[:SHOWN]]
    more = f" (and {len(differing) - SHOWN} more)" if len(differing) > SHOWN else ""
    raise Refused(
        f"{this.folder} holds a run of another configuration: {'; '.join(said)}{more}; choose "
        "another hydra.run.dir"
    )


def settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What makes the result, flat."""
    return dict(flattened({key: value for key, value in config.items() if key not in NAMES}))


def refuse_damaged(folder: Path, state: Path | None, damaged: list[str], resume: Resume) -> None:
    """Refuse where no state is whole, or, if that is wished, where the newest is not."""
    if damaged and state is None:
        raise Refused(
            f"{folder}: none of its states is whole ({'; '.join(damaged)}); nothing was changed: "
            "restore one from a copy, or begin another run: resume.anew=true, or another "
            "hydra.run.dir where one was given"
        )
    if damaged and resume.strict:
        raise Refused(
            f"{'; '.join(damaged)}; {state} is whole, and resume.strict=false goes on from there"
        )
    for one in damaged:
        say(f"WARNING: {one}; going on from an older state")


def tell_of_other_surroundings(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Say that a run goes on, but not bit for bit, where code or machine are not what they were."""
    other = [
        f"{name} {before.get(name)} → {now[name]}"
        for name in SURROUNDINGS
        if name in before and name in now and before[name] != now[name]
    ]
    if other:
        say(f"WARNING: not bit for bit what an uninterrupted run had been: {', '.join(other)}")


def refuse_other_data(folder: Path, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse to learn the rest from other sentences than the beginning was learnt from."""
    if DATA in before and before[DATA] != now[DATA]:
        raise Refused(
            f"{folder} was begun on other data (SHA-256 {str(before[DATA])[:12]}, now "
            f"{str(now[DATA])[:12]}); restore its files, or begin another run: resume.anew=true, "
            "or another hydra.run.dir where one was given"
        )


def introduced(folder: Path, facts: dict[str, Any], start: Beginning) -> dict[str, Any]:
    """The facts of a run; of one that goes on, those of its start, with a line for each attempt."""
    if not start.before:
        return facts
    first = read_json(folder / VERSIONS) or facts
    refuse_other_data(folder, first, facts)
    tell_of_other_surroundings(first, facts)
    here = {name: facts[name] for name in SURROUNDINGS if name in facts}
    attempt = {"after_update": start.updates, **here}
    return {**first, "resumed": [*first.get("resumed", []), attempt]}
