"""A training whose processes share each batch; started once for each process.

    torchrun --standalone --nproc-per-node=2 -m tests.training.sharing FOLDER

trains with DDP, then with FSDP2, and the first process writes what was measured into the folder.
"""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from tests.data.toy import prepared
from tests.training.tiny import VOCABULARY, tiny_model, tiny_module, tiny_trainer
from whynorm.data.sampler import bucketed_batches
from whynorm.training import checkpoint
from whynorm.training.module import TranslationModule
from whynorm.training.sharding import Sharded, gathered

EPOCHS = 3
Curve = dict[str, list[float]]


class Watch(pl.Callback):
    """The loss per token and the gradient's norm of every update, and every validation's loss."""

    def __init__(self) -> None:
        self.curve: Curve = {"loss": [], "gradient_norm": [], "validation": []}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        assert isinstance(pl_module, TranslationModule)
        update = pl_module.last_update
        assert update is not None
        self.curve["loss"].append(float(update.tally.loss / update.tally.tokens))
        self.curve["gradient_norm"].append(float(update.gradient_norm))

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.curve["validation"].append(float(trainer.callback_metrics["val/loss"]))


def trained(folder: Path, name: str, **options: Any) -> Curve:
    """What was measured of a training on bucketed batches, its weights saved under that name."""
    data = prepared(folder / "cache")
    data._batches = partial(bucketed_batches, sentences_per_batch=9)
    assert max(len(data.vocabularies.source), len(data.vocabularies.target)) <= VOCABULARY
    module, watch = tiny_module(tiny_model(), rate=0.05, optimizer=torch.optim.Adam), Watch()
    trainer = tiny_trainer(
        max_epochs=EPOCHS,
        reload_dataloaders_every_n_epochs=1,
        gradient_clip_val=1.0,
        callbacks=[watch],
        inference_mode=False,
        **options,
    )
    trainer.fit(module, datamodule=data)
    trainer.save_checkpoint(folder / f"{name}.ckpt")
    checkpoint.load(module.model, folder / f"{name}.ckpt")
    with gathered(module):
        weights = [value.detach().flatten() for value in module.model.parameters()]
        watch.curve["weights"] = torch.cat(weights).tolist()
    return watch.curve


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    kinds = {"ddp": "ddp", "fsdp": Sharded()}
    found = {name: trained(folder, name, devices=2, strategy=kind) for name, kind in kinds.items()}
    if torch.distributed.get_rank() == 0:
        (folder / "curves.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
