"""The end of a multirun: a table of its arms, and an exit code that hides no failure."""

import sys
from pathlib import Path
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig

from whynorm.tasks.folder import SCORES, STATUS, read_json


class Arms(Callback):
    """Shows what became of each arm of a multirun."""

    def on_multirun_end(self, config: DictConfig, config_name: str | None = None) -> None:
        """Show the table; exit with 1 if an arm failed. Divergence is a result, not a failure."""
        folder = Path(config.hydra.sweep.dir)
        states = show(folder)
        if any(state not in ("done", "diverged") for state in states):
            sys.exit(1)


def show(folder: Path) -> list[str]:
    """The state of each arm below the folder, after a table of them."""
    from whynorm.tasks.terminal import say, show_table

    arms = sorted((path.parent for path in folder.glob(f"*/{STATUS}")), key=number)
    rows = [[name, *row(arm)] for name, arm in zip(names(arms), arms, strict=True)]
    show_table("Arms", ["arm", "state", "validation loss", "BLEU", "exact match, %"], rows)
    say(f"arms: {folder}")
    return [str(row[1]) for row in rows]


def names(arms: list[Path]) -> list[str]:
    """Each arm's number, and those of its overrides that not all arms have."""
    overrides = [read_json(arm / STATUS)["overrides"] for arm in arms]
    shared = set[str].intersection(*(set(own) for own in overrides)) if overrides else set()
    own = [" ".join(one for one in every if one not in shared) for every in overrides]
    return [f"{arm.name.partition('-')[0]}  {name}" for arm, name in zip(arms, own, strict=True)]


def row(arm: Path) -> list[Any]:
    """State and scores of one arm; its first test set, its widest search."""
    state, scores = read_json(arm / STATUS)["state"], read_json(arm / SCORES)
    tests = list(scores.get("test", {}).values())
    searches = [kind for kind in (tests[0] if tests else {}).values() if isinstance(kind, dict)]
    best = searches[-1] if searches else {}
    loss = scores.get("validation", {}).get("loss")
    exact = 100 * best["exact_match"] if best else None
    return [state, loss, best.get("bleu"), exact]


def number(arm: Path) -> tuple[int, str]:
    """Arms in the order of the multirun."""
    first = arm.name.partition("-")[0]
    return (int(first) if first.isdigit() else sys.maxsize, arm.name)
