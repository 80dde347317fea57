import pytest

from tests.training.tiny import loader, tiny_batch, tiny_module, tiny_trainer
from whynorm.training.spikes import Spikes

BATCH = tiny_batch([[4, 5, 6], [7]])


def warnings_of(losses: list[float]) -> list[str]:
    said: list[str] = []
    spikes = Spikes(said.append, window=8)
    for number, loss in enumerate(losses, 1):
        spikes.look(number, loss)
    return said


STEADY = [2.0, 2.1, 1.9, 2.0, 2.1, 1.9, 2.0, 2.1]


def test_a_loss_far_above_the_last_ones_is_told_with_its_update() -> None:
    assert [line[:39] for line in warnings_of([*STEADY, 9.0])] == [
        "WARNING: the loss leapt at update 9: 9 "
    ]


def test_a_loss_like_the_last_ones_is_not_told() -> None:
    assert warnings_of([*STEADY, 2.3]) == []


def test_the_next_spike_is_told_too() -> None:
    assert len(warnings_of([*STEADY, 9.0, 9.0])) == 2


def test_nothing_is_told_before_there_are_enough_to_compare_with() -> None:
    assert warnings_of([*STEADY[:7], 9.0]) == []


def test_a_training_is_watched_per_token_of_every_update() -> None:
    spikes = Spikes(pytest.fail, window=4, interval=2)
    module = tiny_module(rate=0.0)
    tiny_trainer(callbacks=[spikes], max_epochs=2).fit(module, loader(BATCH, BATCH))
    update = module.last_update
    assert update is not None
    assert list(spikes.last) == pytest.approx([float(update.tally.loss / update.tally.tokens)] * 4)
