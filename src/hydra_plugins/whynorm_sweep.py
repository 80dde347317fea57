"""Where Hydra finds this project's sweeper and launcher: it takes plugins from here alone."""

from whynorm.tasks.launcher import SideBySide
from whynorm.tasks.queue_launcher import Queue
from whynorm.tasks.stacked_launcher import Stacking
from whynorm.tasks.sweeper import Resuming


class ArmsSweeper(Resuming):
    """`hydra/sweeper=arms`."""


class SideBySideLauncher(SideBySide):
    """`hydra/launcher=side_by_side`."""


class StackedLauncher(Stacking):
    """`hydra/launcher=stacked`."""


class QueueLauncher(Queue):
    """`hydra/launcher=slurm`, and `local_queue`."""
