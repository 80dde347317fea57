from collections.abc import Callable

import pytest
import pytorch_lightning as pl
import torch
from torch import Tensor

from tests.training.tiny import loader, tiny_batch, tiny_model, tiny_module, tiny_trainer
from whynorm.norms.batch import BatchNorm
from whynorm.training.module import TranslationModule
from whynorm.training.moving_average import MovingAverage

BATCHES = [tiny_batch([[4, 5, 6], [7]])] * 4
NAME = "encoder.placement.norms.0.0.running_mean"
Read = Callable[[TranslationModule], Tensor]


class Diary(pl.Callback):
    """A tensor of the module after every update."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.values: list[Tensor] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        assert isinstance(pl_module, TranslationModule)
        self.values.append(self.read(pl_module).detach().clone())


def averaged(read: Read, decay: float) -> tuple[Tensor, list[Tensor]]:
    """The average when training has ended, and the values after each update."""
    diary, module = Diary(read), tiny_module(tiny_model(BatchNorm), rate=0.1)
    trainer = tiny_trainer(callbacks=[diary, MovingAverage(decay=decay)])
    trainer.fit(module, loader(*BATCHES))
    return read(module).detach(), diary.values


def moving_average(values: list[Tensor], decay: float) -> Tensor:
    average = values[0]
    for update, value in enumerate(values[1:], 1):
        share = min(decay, (1 + update) / (10 + update))
        average = share * average + (1 - share) * value
    return average


def output_weight(module: TranslationModule) -> Tensor:
    return module.model.embedding.output.weight


def running_mean(module: TranslationModule) -> Tensor:
    return module.model.get_buffer(NAME)


@pytest.mark.parametrize("decay", [0.1, 0.999])
def test_weights_end_as_their_moving_average(decay: float) -> None:
    found, values = averaged(output_weight, decay)
    torch.testing.assert_close(found, moving_average(values, decay))


def test_running_statistics_are_averaged_with_the_weights() -> None:
    found, values = averaged(running_mean, 0.999)
    torch.testing.assert_close(found, moving_average(values, 0.999))


def test_a_counter_is_the_newest_and_no_average() -> None:
    found, values = averaged(lambda module: module.target_tokens, 0.999)
    assert found == values[-1] == 24


def test_validation_measures_the_average() -> None:
    module, trainer = tiny_module(rate=0.1), tiny_trainer(callbacks=[MovingAverage(decay=0.5)])
    trainer.fit(module, loader(*BATCHES), loader(BATCHES[0]))
    during = trainer.callback_metrics["val/loss"]
    after = tiny_trainer().validate(module, loader(BATCHES[0]), verbose=False)[0]["val/loss"]
    assert float(during) == pytest.approx(after)


@pytest.mark.parametrize("decay", [1.0, -0.5])
def test_a_decay_outside_its_range_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match=f"decay={decay} is no share below 1"):
        MovingAverage(decay=decay)
