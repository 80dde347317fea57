"""The multirun: one job for each cell of its plan, and of those only what is not done yet."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict

from whynorm.tasks.axes import SEED, Bundles, Cell, Plan, planned
from whynorm.tasks.folder import CONFIG, VERSIONS, configuration, read_json
from whynorm.tasks.job import fingerprint
from whynorm.tasks.launcher import Reporting
from whynorm.tasks.queue_launcher import Queue
from whynorm.tasks.refusal import Refused
from whynorm.tasks.sweep import (
    ENDED,
    Planned,
    Progress,
    clear,
    folder_name,
    record_death,
    show,
    state_of,
    write_table,
)
from whynorm.tasks.terminal import complain
from whynorm.tasks.tuning import Tuning

LOCK = ".sweep.lock"


class Resuming(Sweeper):
    """Runs what a plan asks for and no folder holds; divergence is a result and not repeated."""

    def __init__(
        self,
        *,
        bundles: Bundles,
        params: Mapping[str, Any],
        again: bool,
        tuning: Mapping[str, Any],
    ) -> None:
        self.bundles, self.params, self.again = bundles, params, again
        self.tuning = Tuning(**{str(key): value for key, value in tuning.items()})

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Make the launcher."""
        self.context = hydra_context
        self.config: DictConfig = config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> None:
        """Run the plan and show what came of it; exit with 1 where a job came to no end.

        With 2 where it cannot be run: what is wrong is then said in one sentence.
        """
        try:
            jobs, place = self.swept(arguments)
        except Refused as error:
            complain(str(error))
            sys.exit(2)
        if any(state_of(place / job.folder) not in ENDED for job in jobs):
            sys.exit(1)

    def swept(self, arguments: list[str]) -> tuple[list[Planned], Path]:
        """The jobs of the plan, each of them ended now, and the folder of their folders."""
        params = [f"{key}={value}" for key, value in self.params.items()]
        plan = planned(self.parse(arguments), self.parse(params), self.bundles)
        place = Path(self.config.hydra.sweep.dir)
        place.mkdir(parents=True, exist_ok=True)
        with alone(place):
            if isinstance(self.launcher, Queue):
                self.launcher.refuse_at_work(place)
            cells = self.tuned(plan, place) if self.config.get("tune") else plan.cells()
            jobs = self.carried_out(cells, place)
            show(jobs, place)
        return jobs, place

    def parse(self, overrides: Sequence[str]) -> list[Override]:
        """The overrides as Hydra reads them."""
        parser = OverridesParser.create(config_loader=self.context.config_loader)
        return parser.parse_overrides(list(overrides))

    def tuned(self, plan: Plan, place: Path) -> list[Cell]:
        """The cells, each arm's at the value that its trials found best."""
        trials = place / "tuning"

        def tried(cells: Sequence[Cell]) -> list[Path]:
            return [trials / job.folder for job in self.carried_out(cells, trials)]

        return self.tuning.applied(plan, place, tried)

    def carried_out(self, cells: Sequence[Cell], place: Path) -> list[Planned]:
        """The jobs of these cells, every one of them ended, now or before."""
        jobs = [self.job(cell, place, shared) for cell, shared in self.composed(cells)]
        place.mkdir(parents=True, exist_ok=True)
        states = [settled(place / job.folder, job.identity) for job in jobs]
        tell_of_other_code(
            [place / job.folder for job, state in zip(jobs, states, strict=True) if state in ENDED]
        )
        missing = [
            job for job, state in zip(jobs, states, strict=True) if self.again or state not in ENDED
        ]
        progress = Progress(["waiting"] * len(jobs) if self.again else states)
        tell(progress.line())
        for job in missing:
            folder = place / job.folder
            if self.again or settled(folder, job.identity) == "waiting":
                clear(folder)
        write_table(jobs, place)
        try:
            if missing:
                self.run(missing, jobs, place, progress)
        finally:
            write_table(jobs, place)
        return jobs

    def run(
        self,
        missing: Sequence[Planned],
        jobs: Sequence[Planned],
        place: Path,
        progress: Progress,
    ) -> None:
        """Launch the jobs that are missing, and keep table and terminal up to date."""

        def ended(number: int, code: int) -> None:
            folder = place / missing[number].folder
            record_death(folder, code)
            progress.add(state_of(folder))
            write_table(jobs, place)
            tell(f"{progress.line()}  ({folder.name}: {state_of(folder)})")

        if isinstance(self.launcher, Reporting):
            self.launcher.ended = ended
        dir_of = f"hydra.sweep.dir='{place}'"
        overrides = [
            [*job.overrides, dir_of, f"hydra.sweep.subdir='{job.folder}'"] for job in missing
        ]
        self.launcher.launch(overrides, initial_job_idx=0)

    def composed(self, cells: Sequence[Cell]) -> Iterator[tuple[Cell, DictConfig]]:
        """Each cell with its config; composed once for all seeds, which takes most of the time."""
        known: dict[tuple[str, ...], DictConfig] = {}
        for cell in cells:
            seed = cell.swept.get(SEED)
            others = tuple(one for one in cell.overrides if one != f"{SEED}={seed}")
            if others not in known:
                loader = self.context.config_loader
                known[others] = loader.load_sweep_config(self.config, list(cell.overrides))
            if seed is not None:
                known[others].seed = int(seed)
            yield cell, known[others]

    def job(self, cell: Cell, place: Path, config: DictConfig) -> Planned:
        """The job of a cell, in the folder that its configuration has."""
        HydraConfig.instance().set_config(config)
        task = config.copy()
        with open_dict(task):
            del task["hydra"]
        content = OmegaConf.to_container(task, resolve=True)
        assert isinstance(content, dict)
        identity = fingerprint({str(key): value for key, value in content.items()})
        return Planned(cell.swept, cell.overrides, folder_name(cell.swept, identity), identity)


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Let no other sweep work in that folder meanwhile; the lock of a dead one holds nobody up."""
    try:
        with FileLock(place / LOCK, timeout=0):
            yield
    except Timeout as error:
        raise Refused(
            f"another sweep is at work in {place}; wait for it, or sweep elsewhere with group=NAME"
        ) from error


def settled(folder: Path, identity: str) -> str:
    """The state of the run in that folder; waiting where it is of another configuration."""
    state = state_of(folder)
    if state not in ENDED or not (folder / CONFIG).is_file():
        return state
    content = OmegaConf.to_container(configuration(folder), resolve=True)
    assert isinstance(content, dict)
    made = {str(key): value for key, value in content.items() if key != "choices"}
    return state if fingerprint(made) == identity else "waiting"


def tell_of_other_code(done: Sequence[Path]) -> None:
    """Say of runs that they were made by code which has changed since."""
    from whynorm.tasks.versions import commit

    now = commit()["commit"]
    then = [read_json(folder / VERSIONS).get("commit") for folder in done]
    other = sum(one is not None and one != now for one in then)
    if now is not None and other:
        tell(f"{other} were done by other code than this; hydra.sweeper.again=true does them anew")


def tell(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)
