"""The progress of training in a terminal, or as plain lines where there is none."""

import time
from datetime import timedelta

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from whynorm.training.module import TranslationModule

_REFRESH = 0.25  # seconds; reading a loss makes an accelerator wait


class TrainingProgress(ProgressBar):
    """Updates done, loss (nats per target token), target tokens a second and the time left.

    Without a terminal it prints a line at the first update, then when `share` of all updates and
    `seconds` have both passed, and at the last. Ranks other than the first print nothing.
    """

    def __init__(
        self, console: Console | None = None, *, share: float = 0.02, seconds: float = 10.0
    ) -> None:
        super().__init__()
        self.console = console or Console()
        self.share, self.seconds = share, seconds
        self._enabled = True
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._shown_at, self._shown_update = 0.0, 0

    def disable(self) -> None:
        """Show nothing, on this rank."""
        self._enabled = False

    def enable(self) -> None:
        """Show progress."""
        self._enabled = True

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Draw the bar, where there is a terminal."""
        assert isinstance(pl_module, TranslationModule)
        self._started, self._first_update = time.monotonic(), trainer.global_step
        self._first_tokens = int(pl_module.target_tokens)
        self._shown_at, self._shown_update = 0.0, 0
        if self._enabled and self.console.is_terminal:
            self._bar = _bar(self.console)
            total = trainer.estimated_stepping_batches
            self._task = self._bar.add_task("training", total=total, facts="")
            self._bar.start()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Show the newest update, if it is time."""
        assert isinstance(pl_module, TranslationModule)
        begun = pl_module.last_update is not None  # resumed, not before a first update is whole
        if self._enabled and begun and self._is_time(trainer):
            self._shown_at, self._shown_update = time.monotonic(), trainer.global_step
            if self._bar:
                facts = self._facts(pl_module)
                self._bar.update(self._task, completed=trainer.global_step, facts=facts)
                self._bar.refresh()
            else:
                self._print_line(trainer, pl_module)

    def on_validation_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Say that the bar waits for a validation."""
        self._describe("validating")

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Go on."""
        self._describe("training")

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Leave the finished bar on the screen."""
        self._stop()

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        """Give the terminal back before the error is shown."""
        self._stop()

    def _stop(self) -> None:
        if self._bar:
            self._bar.stop()
            self._bar = None

    def _describe(self, what: str) -> None:
        if self._bar:
            self._bar.update(self._task, description=what)
            self._bar.refresh()

    def _is_time(self, trainer: pl.Trainer) -> bool:
        update, total = trainer.global_step, trainer.estimated_stepping_batches
        if update == self._shown_update:
            return False
        waited = time.monotonic() - self._shown_at
        if self._bar:
            return update == total or waited >= _REFRESH
        enough = update - self._shown_update >= self.share * total
        due = enough and waited >= self.seconds
        return update == total or due or self._shown_update == 0

    def _facts(self, module: TranslationModule) -> str:
        assert module.last_update is not None
        tally = module.last_update.tally
        tokens = int(module.target_tokens) - self._first_tokens
        rate = tokens / max(time.monotonic() - self._started, 1e-9)
        return f"loss {float(tally.loss / tally.tokens):.3f}  {rate:,.0f} tokens/s"

    def _print_line(self, trainer: pl.Trainer, module: TranslationModule) -> None:
        update, total = trainer.global_step, trainer.estimated_stepping_batches
        done = update - self._first_update
        left = (time.monotonic() - self._started) / max(done, 1) * (total - update)
        of = f"{total} ({update / total:.0%})" if total < float("inf") else "unlimited"
        end = f"  {timedelta(seconds=round(left))} left" if total < float("inf") else ""
        line = f"update {update} of {of}  {self._facts(module)}{end}"
        self.console.print(line, highlight=False, soft_wrap=True)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total} updates  {task.fields[facts]}"),
        TimeRemainingColumn(elapsed_when_finished=True),
        console=console,
        auto_refresh=False,
    )
