"""Each arm at its own best learning rate: as many trials for every arm, then no more."""

import csv
import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whynorm.tasks.axes import SEED, Cell, Plan
from whynorm.tasks.folder import LEAKS, read_json, write_json
from whynorm.tasks.refusal import Refused
from whynorm.tasks.sweep import ENDED, last_logged, state_of

if TYPE_CHECKING:
    import optuna

TRIALS, RECORD = "tuning.csv", "tuning.json"
INSTALL = "pip install -e '.[sweepers]' -c constraints.txt"
# How many digits of a value count: the same ones in a folder's name, a table and a command.
DIGITS = 3
CarriedOut = Callable[[Sequence[Cell]], list[Path]]  # the folders of their runs


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The search for the best value of one key in each cell of a plan, seeds apart.

    A study of Optuna (TPE) asks for the values, on a logarithmic scale from `low` to `high`, and
    is told `metric` at the last validation. All cells are tried with one `seed` that no result
    should use. As studies are seeded and trials are runs, a search that was cut off goes on.
    """

    key: str
    low: float
    high: float
    trials: int
    metric: str
    seed: int

    def applied(self, plan: Plan, place: Path, carried_out: CarriedOut) -> list[Cell]:
        """The plan's cells with the values found; all trials are written beside the runs."""
        if any(axis.name == self.key for axis in plan.axes):
            raise Refused(f"tune=true searches {self.key}, which is swept too; sweep or tune it")
        if any(cell.swept.get(SEED) == str(self.seed) for cell in plan.cells()):
            raise Refused(f"seed={self.seed} chooses learning rates; results need other seeds")
        starts = {arm_of(cell): cell for cell in plan.cells()}
        studies = {name: self.study() for name in starts}
        rows = [row for _ in range(self.trials) for row in self.round(starts, studies, carried_out)]
        write(rows, place / TRIALS)
        write_json(place / RECORD, asdict(self))
        best = {name: self.best(name, study) for name, study in studies.items()}
        return [
            Cell(cell.swept, [*cell.overrides, f"{self.key}={best[arm_of(cell)]}"])
            for cell in plan.cells()
        ]

    def best(self, name: tuple[str, ...], study: "optuna.Study") -> str:
        """The value whose trial ended best."""
        if math.isinf(study.best_value):
            raise Refused(
                f"no trial of {' '.join(name)} came to an end: lower hydra.sweeper.tuning.low"
            )
        return written(study.best_params[self.key])

    def study(self) -> "optuna.Study":
        """A study that asks the same of every arm it has learnt the same from."""
        try:
            import optuna
        except ImportError as error:
            raise Refused(f"tune=true needs optuna: {INSTALL}") from error
        direction = "minimize" if self.sign() > 0 else "maximize"
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        sampler = optuna.samplers.TPESampler(seed=self.seed, n_startup_trials=self.trials // 2)
        return optuna.create_study(sampler=sampler, direction=direction)

    def sign(self) -> int:
        """1 where the metric is to be small, as losses are, -1 where it is to be large."""
        return 1 if self.metric.endswith("loss") else -1

    def round(
        self,
        starts: dict[tuple[str, ...], Cell],
        studies: dict[tuple[str, ...], "optuna.Study"],
        carried_out: CarriedOut,
    ) -> list[dict[str, str]]:
        """One trial of every study, side by side."""
        trials = {name: study.ask() for name, study in studies.items()}
        values = {
            name: written(trial.suggest_float(self.key, self.low, self.high, log=True))
            for name, trial in trials.items()
        }
        cells = [self.cell(starts[name], value) for name, value in values.items()]
        rows = []
        for name, folder in zip(trials, carried_out(cells), strict=True):
            found = self.measured(folder)
            studies[name].tell(trials[name], math.inf * self.sign() if found is None else found)
            labels = {key: label for key, label in starts[name].swept.items() if key != SEED}
            rows.append({**labels, self.key: values[name], self.metric: f"{found}"})
        return rows

    def measured(self, folder: Path) -> float | None:
        """What the trial came to; None where it diverged.

        Raises Refused where it came to no end, for then the arm would have a trial less, and where
        its loss is that of a decoder which sees the answer.
        """
        state = state_of(folder)
        if state not in ENDED:
            raise Refused(f"{folder}: this trial came to no end ({state}); see why, and go on")
        leaks = str(read_json(folder / LEAKS).get("leaking", ""))
        if "evaluating" in leaks and self.sign() > 0:
            raise Refused(
                f"{folder}: its decoder sees the answer, so that {self.metric} chooses nothing; "
                "set hydra.sweeper.tuning.metric=val/bleu"
            )
        return last_logged(folder, self.metric)

    def cell(self, start: Cell, value: str) -> Cell:
        """A trial of an arm."""
        seed = start.swept.get(SEED)
        kept = [one for one in start.overrides if one != f"{SEED}={seed}"]
        swept = {**start.swept, self.key: value, SEED: f"{self.seed}"}
        return Cell(swept, [*kept, f"{self.key}={value}", f"{SEED}={self.seed}"])


def arm_of(cell: Cell) -> tuple[str, ...]:
    """The labels of a cell, its seed's aside."""
    return tuple(label for key, label in cell.swept.items() if key != SEED)


def written(value: float) -> str:
    """The value with as many digits as count."""
    return f"{value:.{DIGITS}g}"


def write(rows: Sequence[dict[str, str]], path: Path) -> None:
    """Write every trial, so that a report can show how sensitive an arm was."""
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
