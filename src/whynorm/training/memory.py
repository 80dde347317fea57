"""What is said where a batch does not fit into memory."""

import pytorch_lightning as pl
import torch

from whynorm.data.batch import Batch
from whynorm.data.vocabulary import PAD
from whynorm.training.endings import OutOfMemory

# How allocators say so that raise no error of their own kind.
WORDS = ("can't allocate memory", "out of memory", "bad allocation")


class Memory(pl.Callback):
    """Says in one sentence which batch was too large, and what helps."""

    def __init__(self) -> None:
        self.batch: Batch | None = None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Remember what is learnt from."""
        self.batch = batch

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Raise OutOfMemory in place of an allocator's error."""
        if self.batch is not None and is_out_of_memory(exception):
            raise OutOfMemory(told(self.batch, trainer.global_step + 1)) from exception


def is_out_of_memory(error: BaseException) -> bool:
    """True for the errors of Python, of torch on the CPU, and of torch on an accelerator."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error) for word in WORDS)


def told(batch: Batch, update: int) -> str:
    """The batch's size, and what makes it smaller."""
    rows, length = batch.target.shape
    tokens = int((batch.target[:, 1:] != PAD).sum())
    return (
        f"out of memory at update {update}, whose batch has {rows} sentences of up to "
        f"{max(length, batch.source.shape[1])} positions ({tokens} target tokens): choose smaller "
        "batches (batches.tokens_per_batch or batches.sentences_per_batch) with a larger "
        "training.accumulate, or a smaller model"
    )
