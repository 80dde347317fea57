"""Which messages of the libraries tell a user nothing, in one place."""

import logging
import warnings

import pytorch_lightning as pl

_BENIGN = (
    # Lightning moves batches with a part of torch that torch will rename.
    r".*LeafSpec.*",
    # Batches are read from memory: worker processes would cost more than they save.
    r".*does not have many workers.*",
    # A short run may end before the logging interval.
    r".*is smaller than the logging interval.*",
    # A resumed run writes beside the checkpoints that are there, on purpose.
    r".*Checkpoint directory .* exists and is not empty.*",
    # It goes on in the middle of an epoch because its batches do, without Lightning's help.
    r".*resuming from a checkpoint that ended before the epoch ended.*",
    # Nothing was validated yet where an epoch ends without a validation.
    r".*ModelCheckpoint\(monitor='val/loss'\). could not find the monitored key.*",
    # Not every training on a machine that has Slurm is meant for it.
    r".*The `srun` command is available on your system but is not used.*",
    # An accelerator left unused was left so by the hardware option.
    r".*(GPU|MPS|TPU|HPU).* available but not used.*",
    # The hook that it means does nothing where weights are not divided.
    r".*WeightAveraging callback with a model that overrides the configure_model.*",
    # Slurm may be installed without being asked to run this.
    r".*The `srun` command is available on your system but is not used.*",
    # Nothing changes in place what attention and feed-forward return.
    r".*returned a view tensor. An in-place op on this view.*",
    # float16's loss scaling may skip the first optimizer step, but not the schedule's.
    r".*lr_scheduler\.step\(\). before .optimizer\.step\(\).*",
)


def quiet() -> None:
    """Silence adverts and warnings known to be benign; call it before a Trainer is made."""
    for message in _BENIGN:
        warnings.filterwarnings("ignore", message=message)
    # Lightning's adverts and hardware lines are of level INFO; its warnings stay.
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


class Quiet(pl.Callback):
    """The same in the processes that Lightning starts for further ranks."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Silence this process."""
        quiet()
