"""What every batch was and cost, exactly: a table that two runs can be compared by."""

from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from whynorm.data.batch import Batch
from whynorm.training.manifest import settle, sync
from whynorm.training.module import TranslationModule

HEADER = "update\tpart\tobjective\tpairs\n"


class BatchRecord(pl.Callback):
    """Writes a line for every batch: its update, its place in it, its loss and its pairs' numbers.

    The loss is what was minimised, summed over the batch, in hexadecimal, so that no digit is
    lost. Of a resumed run the lines of updates that it makes again are replaced. Each rank has a
    file of its own, `batches.tsv` and `batches-<rank>.tsv`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the file, or cut off what is to be learnt again."""
        rank = trainer.global_rank
        self.path = self.folder / (f"batches-{rank}.tsv" if rank else "batches.tsv")
        kept = lines_before(self.path, trainer.global_step)
        temporary = self.path.with_suffix(".unfinished")
        temporary.write_text("".join([HEADER, *kept]), encoding="utf-8")
        settle(temporary, self.path)  # or a kill in between would lose them
        self.part = 0

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Note where the batch belongs."""
        assert isinstance(pl_module, TranslationModule)
        self.part = 0 if pl_module.between_updates else self.part + 1
        self.update = trainer.global_step + 1

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: object,
        batch: Batch,
        batch_idx: int,
    ) -> None:
        """Write its line."""
        assert isinstance(outputs, dict), "a training step returns its loss"
        pairs = ",".join(map(str, batch.index.tolist()))
        with self.path.open("a", encoding="utf-8") as lines:
            lines.write(f"{self.update}\t{self.part}\t{float(outputs['loss']).hex()}\t{pairs}\n")

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Have no state on the disk that is ahead of the record."""
        sync(self.path)


def lines_before(path: Path, updates: int) -> list[str]:
    """The whole lines of the first so many updates."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)[1:]
    whole = [line for line in lines if line.endswith("\n")]
    return [line for line in whole if int(line.partition("\t")[0]) <= updates]
