"""Which weights of a training are kept, and which of them are tested."""

from itertools import islice
from pathlib import Path

import pytorch_lightning as pl
from lightning_fabric.utilities import move_data_to_device
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.utilities import rank_zero_only

from whynorm.probes.reestimation import reestimated
from whynorm.tasks.build import Parts
from whynorm.tasks.folder import LAST
from whynorm.tasks.options import Training
from whynorm.training import checkpoint
from whynorm.training.averaging import AveragedCheckpoint
from whynorm.training.checkpoint_files import CheckpointFiles, remove
from whynorm.training.endings import Unwritten
from whynorm.training.recovery import states

REESTIMATED = "reestimated.ckpt"
PASSES = 3  # norms that train on what they remember approach it


def keepers(training: Training, folder: Path) -> list[ModelCheckpoint]:
    """Keep the best weights, and those that are to be averaged."""
    every: list[ModelCheckpoint] = [
        ModelCheckpoint(
            dirpath=folder, filename="best", monitor="val/loss", enable_version_counter=False
        )
    ]
    if training.average is not None:
        count = training.average_checkpoints
        every.append(AveragedCheckpoint(folder, keep=count, choose=training.average))
    return every


def tested(training: Training, keep: list[ModelCheckpoint], last: Path) -> Path:
    """The weights to test: the last where asked for, else the average, else the best."""
    if training.tested == "last":
        return last
    for keeper in keep:
        if isinstance(keeper, AveragedCheckpoint) and keeper.averaged is not None:
            return keeper.averaged
    return Path(keep[0].best_model_path) if keep[0].best_model_path else last


def reestimated_anew(parts: Parts, chosen: Path, batches: int) -> Path:
    """The chosen weights with running statistics of so many training batches, as a checkpoint.

    The model has them afterwards. `batches` of 0 leave weights and statistics as they are.
    """
    checkpoint.load(parts.model, chosen)
    if not batches:
        return chosen
    path = chosen.with_name(REESTIMATED)
    device = next(parts.model.parameters()).device
    some = islice(parts.data.as_trained("train"), batches)
    shown = [move_data_to_device(batch, device) for batch in some]
    with reestimated(parts.model, parts.rules, shown, passes=PASSES):
        checkpoint.save(parts.model.state_dict(), path, update=checkpoint.update(chosen))
    checkpoint.load(parts.model, path)
    return path


def kept_last(trainer: pl.Trainer, folder: Path) -> Path:
    """The weights at the end of training, kept beside the best, which are hardly ever these."""
    path = folder / LAST
    trainer.save_checkpoint(path)
    return path


def validation(
    training: Training, keep: list[ModelCheckpoint], last: float | None
) -> dict[str, float]:
    """The lowest validation loss of the training; where the last weights are tested, the last."""
    score = keep[0].best_model_score
    if last is not None and (training.tested == "last" or score is None):
        return {"loss": last}
    assert score is not None, "training ended without a validation"
    return {"loss": float(score)}


def refuse_unwritten(place: Path, files: CheckpointFiles) -> None:
    """Fail where a file could not be written, however well the training went."""
    if files.failures:
        raise Unwritten(
            f"{len(files.failures)} checkpoints could not be written, the last one as "
            f"{files.failures[-1]}; make room in {place} and call the same command again"
        )


@rank_zero_only
def forget_states(folder: Path) -> None:
    """Remove the states that a training could have gone on from, once it is recorded as done."""
    for path in states(folder):
        remove(path)
