"""`task=dashboard`: an experiment's runs on a page, at W&B or on this machine."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from whynorm.results import table
from whynorm.results.runs import Run, read
from whynorm.tasks import tracking
from whynorm.tasks.axes import SEED
from whynorm.tasks.columns import column
from whynorm.tasks.folder import is_run, read_json, write_json
from whynorm.tasks.refusal import Refused, choices, one_sentence
from whynorm.tasks.terminal import say

VIEWS = ("local", "wandb")
WORKSPACE = "workspace.json"
# What runs are grouped by where no sweep says in what they differ.
USUAL = ["norm", "decoder_norm", "placement", "mask"]
# The columns of the table of results as W&B has them, for the first test set.
METRICS = {
    "bleu": "test/{}/greedy/bleu",
    "chrf": "test/{}/greedy/chrf",
    "exact_match": "test/{}/greedy/exact_match",
    "test_loss": "test/{}/loss",
    "train_loss": "train/loss",
    "val_loss": "val/loss",
}
INSTALL = "pip install -e '.[dashboard]' -c constraints.txt"


def dashboard(config: DictConfig) -> None:
    """Save the W&B workspace of the group, or say what is missing; `view=local` needs neither."""
    if config.view not in VIEWS:
        raise Refused(f"view={config.view}: there is no such view; {choices(config.view, VIEWS)}")
    place = Path(config.sweep)
    runs = begun(place)
    if config.view == "local":
        from whynorm.tasks.local_dashboard import serve

        serve(config.group, runs, place, config.port)
        return
    online, reason = tracking.chosen()
    if online:
        say(f"workspace: {saved(config, runs, place)}")
    list_unsent(runs, place)
    if not online:
        say(f"W&B: not online ({reason}); once it is, this command saves a workspace there")
        say("view=local shows the runs on this machine, without an account")


def begun(place: Path) -> list[Run]:
    """The runs of the group: those of its sweep, else every run folder in it."""
    if (place / table.PLAN).is_file():
        runs = [run for run in table.sweep(place) if is_run(run.folder)]
    else:
        runs = [read(folder, {}) for folder in sorted(place.glob("*")) if is_run(folder)]
    if not runs:
        raise Refused(f"{place}/ holds no run yet; begin with: python run.py -m experiment=NAME")
    return runs


def saved(config: DictConfig, runs: Sequence[Run], place: Path) -> str:
    """The address of the workspace; the one of an earlier call is replaced."""
    try:
        from whynorm.tasks import workspace
    except ImportError as error:
        raise Refused(f"a workspace is saved with wandb-workspaces: {INSTALL}") from error
    logged = next((run.config for run in runs if run.config.get("logger.project")), None)
    if logged is None:
        raise Refused(
            f"{place}/: W&B knows nothing of these runs, made with logger=none; view=local does"
        )
    shown = workspace.Shown(
        entity=logged["logger.entity"] or tracking.reached().entity or "",
        project=logged["logger.project"],
        name=config.group,
        group=logged["group"],
        columns=differing(runs),
        metric=decisive((config.compare or {}).get("metric", "bleu"), runs),
        trials_seed=trials_seed(place),
    )
    try:
        url = workspace.save(shown, read_json(place / WORKSPACE).get("url"))
    except Exception as error:
        raise Refused(f"W&B did not take the workspace: {one_sentence(str(error))}") from error
    write_json(place / WORKSPACE, {"url": url})
    return url


def decisive(name: str, runs: Sequence[Run]) -> str:
    """What a column of the table of results is called at W&B; else BLEU of the best search."""
    tested = [test for run in runs for test in run.scores.get("test", {})]
    if name not in METRICS or not tested:
        return "test/bleu"
    return METRICS[name].format(tested[0])


def differing(runs: Sequence[Run]) -> list[str]:
    """The columns that the runs are grouped by: what was swept, the seed aside."""
    swept = [key for key in runs[0].swept if key != SEED and key in runs[0].config]
    return [column(key) for key in swept] or USUAL


def trials_seed(place: Path) -> int | None:
    """The seed of the runs that only looked for a learning rate; None where none did."""
    trials = [folder for folder in sorted(place.glob("tuning/*")) if is_run(folder)]
    return int(read(trials[0], {}).config["seed"]) if trials else None


def list_unsent(runs: Sequence[Run], place: Path) -> None:
    """Name the offline runs that W&B does not have, and the one command that sends them."""
    unsent = [folder for run in runs for folder in offline(run.folder)]
    for folder in unsent:
        say(f"not sent: {folder}")
    if unsent:
        say(f"{len(unsent)} of {len(runs)} runs are not sent; this sends them:")
        say(f"  wandb sync {shlex.quote(str(place))}/*/wandb/offline-run-*")
    without = sum(not (run.folder / "wandb").is_dir() for run in runs)
    if without:
        say(f"{without} of {len(runs)} runs were made without W&B; view=local shows them too")


def offline(folder: Path) -> list[Path]:
    """What W&B keeps of a run that was offline, unless it was sent since."""
    found = sorted(folder.glob("wandb/offline-run-*/*.wandb"))
    return [path.parent for path in found if not path.with_suffix(".wandb.synced").exists()]
