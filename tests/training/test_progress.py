import io
import re

import pytest
from rich.console import Console

from tests.training.tiny import loader, tiny_batch, tiny_module, tiny_trainer
from whynorm.training.progress import TrainingProgress

BATCH = tiny_batch([[4, 5, 6], [7]])


def shown(*, updates: int, terminal: bool, **options: float) -> str:
    text = io.StringIO()
    console = Console(file=text, force_terminal=terminal, width=120, legacy_windows=False)
    progress = TrainingProgress(console, **options)
    trainer = tiny_trainer(enable_progress_bar=True, callbacks=[progress])
    trainer.fit(tiny_module(), loader(*[BATCH] * updates))
    return text.getvalue()


def test_without_a_terminal_there_is_a_line_at_the_start_and_every_tenth() -> None:
    lines = shown(updates=40, terminal=False, share=0.1, seconds=0.0).splitlines()
    updates = [int(line.split()[1]) for line in lines]
    assert updates == [1, 5, 9, 13, 17, 21, 25, 29, 33, 37, 40]


def test_without_a_terminal_quick_updates_are_shown_at_the_start_and_the_end_alone() -> None:
    assert len(shown(updates=40, terminal=False, seconds=1000.0).splitlines()) == 2


def test_a_line_names_updates_loss_speed_and_time_left() -> None:
    line = shown(updates=3, terminal=False).splitlines()[0]
    assert re.match(r"update 1 of 3 \(33%\)  loss \d\.\d{3}  [\d,]+ tokens/s  0:00:0\d left", line)


def test_without_a_terminal_nothing_moves_the_cursor() -> None:
    assert "\x1b" not in shown(updates=3, terminal=False)


@pytest.mark.parametrize("part", ["3/3 updates", "loss", "tokens/s"])
def test_a_terminal_shows_a_bar_that_ends_full(part: str) -> None:
    assert part in shown(updates=3, terminal=True)


def test_a_rank_that_is_not_the_first_shows_nothing() -> None:
    text = io.StringIO()
    progress = TrainingProgress(Console(file=text))
    progress.disable()
    tiny_trainer(enable_progress_bar=True, callbacks=[progress]).fit(tiny_module(), loader(BATCH))
    assert text.getvalue() == ""
