"""A warning where the loss of an update leaps far above those before it."""

from collections import deque
from collections.abc import Callable
from statistics import fmean, pstdev

import pytorch_lightning as pl
from torch import Tensor

from whynorm.training.module import TranslationModule


class Spikes(pl.Callback):
    """Warns of a loss more than `deviations` standard deviations above the mean of the last ones.

    It is compared with the last `window` updates, once there are as many; a spike is not counted
    among them, so that the next is found too. Losses are per token of each update. They are read
    every `interval` updates, since an accelerator waits for it.
    """

    def __init__(
        self,
        warn: Callable[[str], None],
        *,
        window: int = 64,
        deviations: float = 8.0,
        interval: int = 16,
    ) -> None:
        self.warn, self.deviations, self.interval = warn, deviations, interval
        self.last: deque[float] = deque(maxlen=window)
        self.unread: list[tuple[int, Tensor]] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Look at the updates since the last look, if it is time."""
        assert isinstance(pl_module, TranslationModule)
        update = pl_module.last_update
        if update is None or update.number != trainer.global_step:
            return
        if not self.unread or self.unread[-1][0] != update.number:
            self.unread.append((update.number, update.tally.loss / update.tally.tokens))
        if len(self.unread) >= self.interval:
            for number, loss in self.unread:
                self.look(number, float(loss))
            self.unread = []

    def look(self, number: int, loss: float) -> None:
        """Warn of this loss, or count it among the last ones."""
        if len(self.last) == self.last.maxlen:
            mean, deviation = fmean(self.last), pstdev(self.last)
            if loss > mean + self.deviations * deviation:
                self.warn(
                    f"WARNING: the loss leapt at update {number}: {loss:.4g} after a mean of "
                    f"{mean:.4g} over {len(self.last)} updates"
                )
                return
        self.last.append(loss)
