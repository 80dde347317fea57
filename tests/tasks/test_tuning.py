"""Each arm at its own best learning rate: as many trials for all, and the same ones again."""

import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.tasks.launching import launch
from whynorm.results.tuned import Tuned
from whynorm.tasks.axes import Axis, Cell, Plan
from whynorm.tasks.refusal import Refused
from whynorm.tasks.tuning import Tuning

KEY = "optimizer.lr"
BEST = {"low": 3e-4, "high": 3e-3}
PLAN = Plan(
    [
        Axis("arm", {name: [f"norm={name}", f"arm={name}"] for name in BEST}),
        Axis("seed", {"1": ["seed=1"], "2": ["seed=2"]}),
    ],
    ["experiment=made_up"],
)


class Trials:
    """Stands for trainings whose loss has its smallest value at each arm's best rate."""

    def __init__(self, folder: Path, diverging_above: float = math.inf) -> None:
        self.folder, self.above = folder, diverging_above
        self.cells: list[Cell] = []

    def carried_out(self, cells: Sequence[Cell]) -> list[Path]:
        self.cells += cells
        return [self.trained(cell) for cell in cells]

    def trained(self, cell: Cell) -> Path:
        rate = float(cell.swept[KEY])
        place = self.folder / "-".join(cell.swept.values())
        place.mkdir(parents=True, exist_ok=True)
        state = "diverged" if rate > self.above else "done"
        (place / "status.json").write_text(json.dumps({"state": state}))
        loss = abs(math.log(rate / BEST[cell.swept["arm"]]))
        (place / "metrics.csv").write_text(f"step,val/loss\n1,9.0\n2,{loss}\n3,\n")
        return place


def tuning(trials: int = 12) -> Tuning:
    return Tuning(key=KEY, low=1e-4, high=1e-2, trials=trials, metric="val/loss", seed=1000)


def rates(cells: Sequence[Cell]) -> dict[str, set[float]]:
    """The learning rates that each arm ends with."""
    found: dict[str, set[float]] = {}
    for cell in cells:
        found.setdefault(cell.swept["arm"], set()).add(float(cell.overrides[-1].split("=")[1]))
    return found


def test_each_arm_gets_the_rate_at_which_it_is_best(tmp_path: Path) -> None:
    found = rates(tuning().applied(PLAN, tmp_path, Trials(tmp_path).carried_out))
    assert all(len(values) == 1 for values in found.values())
    assert {arm: abs(math.log(rate / BEST[arm])) < 0.5 for arm, (rate,) in found.items()} == {
        "low": True,
        "high": True,
    }


def test_all_arms_have_as_many_trials_and_none_with_a_seed_of_the_results(tmp_path: Path) -> None:
    trials = Trials(tmp_path)
    tuning(5).applied(PLAN, tmp_path, trials.carried_out)
    arms = [cell.swept["arm"] for cell in trials.cells]
    assert {arm: arms.count(arm) for arm in BEST} == {"low": 5, "high": 5}
    assert all(cell.overrides[-1] == "seed=1000" for cell in trials.cells)
    assert not any(one in cell.overrides for cell in trials.cells for one in ("seed=1", "seed=2"))


def test_a_search_that_is_called_again_tries_the_same(tmp_path: Path) -> None:
    one, two = Trials(tmp_path), Trials(tmp_path)
    for trials in (one, two):
        tuning().applied(PLAN, tmp_path, trials.carried_out)
    assert one.cells == two.cells


def test_a_rate_at_which_training_diverges_is_not_chosen(tmp_path: Path) -> None:
    trials = Trials(tmp_path, diverging_above=1e-3)
    found = rates(tuning().applied(PLAN, tmp_path, trials.carried_out))
    assert max(max(values) for values in found.values()) <= 1e-3


def test_an_arm_that_always_diverges_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no trial of low came to an end: lower"):
        tuning(3).applied(PLAN, tmp_path, Trials(tmp_path, diverging_above=0.0).carried_out)


def test_what_is_swept_cannot_be_tuned_as_well(tmp_path: Path) -> None:
    plan = Plan([*PLAN.axes, Axis(KEY, {"1e-3": [f"{KEY}=1e-3"]})], [])
    with pytest.raises(Refused, match=r"optimizer\.lr, which is swept too"):
        tuning().applied(plan, tmp_path, Trials(tmp_path).carried_out)


def test_every_trial_is_written_down(tmp_path: Path) -> None:
    tuning(4).applied(PLAN, tmp_path, Trials(tmp_path).carried_out)
    lines = (tmp_path / "tuning.csv").read_text().splitlines()
    assert lines[0] == "arm,optimizer.lr,val/loss"
    assert len(lines) == 1 + 2 * 4


def test_a_trial_that_came_to_no_end_stops_the_search(tmp_path: Path) -> None:
    def failed(cells: Sequence[Cell]) -> list[Path]:
        (tmp_path / "status.json").write_text('{"state": "failed"}')
        return [tmp_path for _ in cells]

    with pytest.raises(Refused, match=r"this trial came to no end \(failed\)"):
        tuning().applied(PLAN, tmp_path, failed)


def test_the_loss_of_a_decoder_that_sees_the_answer_chooses_nothing(tmp_path: Path) -> None:
    trials = Trials(tmp_path)

    def leaking(cells: Sequence[Cell]) -> list[Path]:
        folders = trials.carried_out(cells)
        for folder in folders:
            (folder / "leaks.json").write_text('{"leaking": "training and evaluating"}')
        return folders

    with pytest.raises(Refused, match=r"set hydra\.sweeper\.tuning\.metric=val/bleu"):
        tuning().applied(PLAN, tmp_path, leaking)


def test_a_seed_of_the_results_chooses_no_learning_rate(tmp_path: Path) -> None:
    plan = Plan([*PLAN.axes[:1], Axis("seed", {"1000": ["seed=1000"]})], [])
    with pytest.raises(Refused, match="results need other seeds"):
        tuning().applied(plan, tmp_path, Trials(tmp_path).carried_out)


def test_what_was_searched_is_told_as_it_was_not_as_it_would_be_now(tmp_path: Path) -> None:
    tuning(4).applied(PLAN, tmp_path, Trials(tmp_path).carried_out)
    told = Tuned.read(tmp_path / "tuning.json", tmp_path / "tuning.csv").sentence()
    assert told == (
        "each arm at its own best optimizer.lr of 4 trials between 0.0001 and 0.01, "
        "by val/loss with seed 1000"
    )


def test_a_best_value_at_the_edge_of_the_search_is_told(tmp_path: Path) -> None:
    found = [
        {"arm": "inside", KEY: value, "val/loss": loss}
        for value, loss in (("1e-4", "3"), ("1e-3", "1"), ("1e-2", "2"))
    ]
    found += [
        {"arm": "outside", KEY: value, "val/loss": loss}
        for value, loss in (("1e-4", "3"), ("1e-3", "2"), ("1e-2", "1"))
    ]
    told = Tuned(KEY, 1e-4, 1e-2, 3, "val/loss", 1000, found).at_the_edge()
    assert told == [
        "outside: its best optimizer.lr is the largest that was tried, a wider search may help it"
    ]


def test_a_sweep_that_cannot_be_tuned_is_refused_in_one_sentence(tmp_path: Path) -> None:
    said = launch(tmp_path, "-m", "norm=layer,rms", "seed=1000,1", "tune=true", "logger=none")
    assert said.code == 2 and "Traceback" not in said.err
    assert said.err.strip() == "seed=1000 chooses learning rates; results need other seeds"
