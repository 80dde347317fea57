import pytest
import pytorch_lightning as pl
import torch

from tests.training.tiny import loader, tiny_batch, tiny_module, tiny_trainer
from whynorm.training.endings import OutOfMemory
from whynorm.training.memory import Memory

BATCH = tiny_batch([[4, 5, 6], [7]])
ALLOCATORS = [
    MemoryError(),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate memory: you tried to"),
]


class Fails(pl.Callback):
    def __init__(self, error: Exception) -> None:
        self.error = error

    def on_before_backward(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, loss: torch.Tensor
    ) -> None:
        raise self.error


def fit(error: Exception) -> None:
    trainer = tiny_trainer(callbacks=[Memory(), Fails(error)])
    trainer.fit(tiny_module(), loader(BATCH))


@pytest.mark.parametrize("error", ALLOCATORS, ids=lambda error: type(error).__name__)
def test_a_batch_too_large_for_memory_is_told_with_its_size_and_what_helps(
    error: Exception,
) -> None:
    with pytest.raises(OutOfMemory) as caught:
        fit(error)
    message = str(caught.value)
    assert "update 1, whose batch has 2 sentences of up to 5 positions (6 target tokens)" in message
    assert "batches.tokens_per_batch" in message


def test_an_error_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        fit(RuntimeError("shapes do not fit"))
