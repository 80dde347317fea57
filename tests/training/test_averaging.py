from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from tests.training.tiny import loader, tiny_batch, tiny_module, tiny_trainer
from whynorm.training import checkpoint
from whynorm.training.averaging import AveragedCheckpoint, average
from whynorm.training.module import TranslationModule


def written(folder: Path, *states: dict[str, Tensor]) -> list[Path]:
    paths = [folder / f"{number}.ckpt" for number in range(len(states))]
    for path, state in zip(paths, states, strict=True):
        checkpoint.save(state, path)
    return paths


def test_weights_are_averaged(tmp_path: Path) -> None:
    paths = written(tmp_path, {"w": torch.tensor([1.0, 2.0])}, {"w": torch.tensor([3.0, 6.0])})
    assert torch.equal(average(paths)["w"], torch.tensor([2.0, 4.0]))


def test_many_checkpoints_are_averaged_without_rounding_on_the_way(tmp_path: Path) -> None:
    big, small = torch.tensor([1e8]), torch.tensor([1.0])
    paths = written(tmp_path, {"w": big}, {"w": small}, {"w": -big}, {"w": small})
    assert average(paths)["w"] == 0.5


def test_an_average_has_the_type_of_what_it_averages(tmp_path: Path) -> None:
    states = [{"w": torch.ones(2, dtype=torch.bfloat16)}] * 2
    assert average(written(tmp_path, *states))["w"].dtype == torch.bfloat16


def test_a_counter_is_the_newest_and_no_average(tmp_path: Path) -> None:
    paths = written(tmp_path, {"n": torch.tensor(10)}, {"n": torch.tensor(20)})
    assert average(paths)["n"] == 20


def test_no_checkpoints_are_refused() -> None:
    with pytest.raises(ValueError, match="0 checkpoints have no average"):
        average([])


def test_checkpoints_of_different_models_are_refused(tmp_path: Path) -> None:
    paths = written(tmp_path, {"w": torch.ones(2)}, {"w": torch.ones(3)})
    with pytest.raises(ValueError, match=r"0.ckpt and .*1.ckpt are checkpoints of different"):
        average(paths)


class Diary(pl.Callback):
    """The model's state at every validation."""

    def __init__(self) -> None:
        self.states: list[dict[str, Tensor]] = []

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, TranslationModule)
        state = pl_module.model.state_dict()
        self.states.append({name: value.clone() for name, value in state.items()})


def uphill(update: int, total_updates: float) -> float:
    """A schedule that makes every validation worse than the last, so that the best come first."""
    return -1.0


@pytest.mark.parametrize("choose, kept", [("last", (2, 3)), ("best", (0, 1))])
def test_the_last_or_the_best_checkpoints_of_a_run_are_averaged(
    tmp_path: Path, choose: str, kept: tuple[int, int]
) -> None:
    diary, keeper = Diary(), AveragedCheckpoint(tmp_path, keep=2, choose=choose)
    batches = loader(tiny_batch([[4, 5, 6]]))
    trainer = tiny_trainer(max_epochs=4, enable_checkpointing=True, callbacks=[diary, keeper])
    trainer.fit(tiny_module(rate=0.1, schedule=uphill), batches, batches)
    assert keeper.averaged is not None
    for name, value in checkpoint.weights(keeper.averaged).items():
        expected = sum(diary.states[number][name].double() for number in kept) / 2
        torch.testing.assert_close(value.double(), expected, rtol=1e-6, atol=1e-7)


def test_a_run_without_checkpoints_has_no_average(tmp_path: Path) -> None:
    keeper = AveragedCheckpoint(tmp_path, keep=2, choose="last")
    trainer = tiny_trainer(fast_dev_run=True, enable_checkpointing=True, callbacks=[keeper])
    trainer.fit(tiny_module(), loader(tiny_batch([[4]])), loader(tiny_batch([[4]])))
    assert keeper.averaged is None


def test_an_unknown_choice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"choose=first names no .*; choose one of last, best"):
        AveragedCheckpoint(tmp_path, keep=2, choose="first")


def test_keeping_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep=0 checkpoints have no average"):
        AveragedCheckpoint(tmp_path, keep=0, choose="last")
