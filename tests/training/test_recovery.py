"""A training that is stopped anywhere goes on as if it had not been."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint
from torch import Tensor

from tests.data.toy import corpus, prepared, sentences
from tests.training.tiny import VOCABULARY, tiny_model, tiny_module, tiny_trainer
from whynorm.data.datamodule import TranslationData
from whynorm.norms.batch import BatchNorm
from whynorm.training.averaging import AveragedCheckpoint
from whynorm.training.batch_record import BatchRecord
from whynorm.training.checkpoint_files import CheckpointFiles
from whynorm.training.moving_average import MovingAverage
from whynorm.training.observation import Observation
from whynorm.training.recovery import Recovery, moved, newest_whole, states, update_of
from whynorm.training.stops import Stopped, Stops

Further = Callable[[Path], list[pl.Callback]]


class StopAt(pl.Callback):
    """Asks to stop during an update."""

    def __init__(self, stops: Stops, update: int) -> None:
        self.stops, self.update = stops, update

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        if trainer.global_step == self.update:
            self.stops.wanted = signal.SIGTERM


class End(NamedTuple):
    """Where a training came to: the model's state, every batch, the best loss, all that is kept."""

    model: dict[str, Tensor]
    batches: str
    best: Tensor | None
    unlogged: Tensor


def best_of(folder: Path) -> ModelCheckpoint:
    return ModelCheckpoint(dirpath=folder, filename="best", monitor="val/loss")


def nothing_more(folder: Path) -> list[pl.Callback]:
    return []


def averaged(folder: Path) -> list[pl.Callback]:
    return [AveragedCheckpoint(folder, keep=2, choose="last")]


def moving(folder: Path) -> list[pl.Callback]:
    return [MovingAverage(decay=0.9)]


def watched(folder: Path) -> list[pl.Callback]:
    return [Observation(["statistics"], every=2)]


def trained(
    folder: Path,
    data: TranslationData,
    stop: int | None = None,
    more: Further = nothing_more,
    **options: Any,
) -> End:
    """Train from the newest state in the folder to the end, or to a stop."""
    model = tiny_model(BatchNorm, dropout=0.2)
    module = tiny_module(model, rate=0.01, optimizer=torch.optim.Adam, seed=5)
    stops, best = Stops(), best_of(folder)
    callbacks = [Recovery(folder, stops), BatchRecord(folder), best, *more(folder)]
    if stop is not None:
        callbacks.append(StopAt(stops, stop))
    trainer = tiny_trainer(
        callbacks=callbacks,
        plugins=[CheckpointFiles(pytest.fail)],
        enable_checkpointing=True,
        reload_dataloaders_every_n_epochs=1,
        log_every_n_steps=3,
        **options,
    )
    state, _ = newest_whole(folder)
    trainer.fit(module, datamodule=data, ckpt_path=state, weights_only=True)
    weights = {name: value.clone() for name, value in module.state_dict().items()}
    record = (folder / "batches.tsv").read_text()
    return End(weights, record, best.best_model_score, module.unlogged.vector())


LENGTHS: dict[str, dict[str, Any]] = {
    "epochs": {"max_epochs": 3},
    "updates": {
        "max_epochs": -1,
        "max_steps": 13,
        "val_check_interval": 4,
        "check_val_every_n_epoch": None,
    },
    "accumulated": {"max_epochs": 4, "accumulate_grad_batches": 2},
}
# Every update is tried; by the quick suite the first, one in the midst and the last but one.
STOPS = [pytest.param(n, marks=() if n in (1, 6, 11) else pytest.mark.long) for n in range(1, 12)]
FURTHER: list[Further] = [averaged, moving, watched]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TranslationData:
    made = prepared(tmp_path_factory.mktemp("data"), corpus(train=sentences(29)), seed=3, budget=40)
    assert len(made.vocabularies.source) <= VOCABULARY
    return made


@pytest.fixture(scope="module")
def whole(data: TranslationData, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., End]:
    """What an undisturbed training comes to, trained once for each way."""
    known: dict[str, End] = {}

    def made(length: str, more: Further = nothing_more) -> End:
        name = f"{length} {more.__name__}"
        if name not in known:
            folder = tmp_path_factory.mktemp("whole")
            known[name] = trained(folder, data, more=more, **LENGTHS[length])
        return known[name]

    return made


def same(one: End, other: End) -> bool:
    """True if all is equal, bit for bit."""
    weights = all(torch.equal(value, other.model[name]) for name, value in one.model.items())
    numbers = torch.equal(one.unlogged, other.unlogged) and bool(one.best == other.best)
    return weights and numbers and one.batches == other.batches


def stopped(folder: Path, data: TranslationData, stop: int, **options: Any) -> int:
    """Train until the stop, and say at which update the newest state was kept."""
    with pytest.raises(Stopped):
        trained(folder, data, stop, **options)
    return update_of(states(folder)[0])


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("length", LENGTHS)
def test_a_training_stopped_after_any_update_goes_on_bit_for_bit(
    tmp_path: Path, data: TranslationData, whole: Callable[..., End], length: str, stop: int
) -> None:
    assert stop - stopped(tmp_path, data, stop, **LENGTHS[length]) in (0, 1)
    assert same(trained(tmp_path, data, **LENGTHS[length]), whole(length))


@pytest.mark.parametrize("stop", [6, *(pytest.param(n, marks=pytest.mark.long) for n in (1, 4, 9))])
@pytest.mark.parametrize("more", FURTHER)
def test_what_watches_or_averages_goes_on_bit_for_bit(
    tmp_path: Path, data: TranslationData, whole: Callable[..., End], more: Further, stop: int
) -> None:
    stopped(tmp_path, data, stop, more=more, **LENGTHS["updates"])
    assert same(trained(tmp_path, data, more=more, **LENGTHS["updates"]), whole("updates", more))


def test_the_best_weights_are_known_where_the_folder_has_moved(tmp_path: Path) -> None:
    old, new = best_of(tmp_path / "old"), best_of(tmp_path / "new")
    old.best_model_path, old.best_model_score = f"{old.dirpath}/best.ckpt", torch.tensor(1.5)
    old.best_k_models = {old.best_model_path: old.best_model_score}
    new.load_state_dict(moved(old.state_dict(), tmp_path / "new"))
    assert new.best_model_score == 1.5
    assert new.best_model_path == f"{new.dirpath}/best.ckpt" != old.best_model_path
