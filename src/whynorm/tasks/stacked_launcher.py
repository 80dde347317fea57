"""Jobs of a multirun that are of one make, trained at once in one process."""

import os
from collections.abc import Sequence
from multiprocessing.process import BaseProcess

from hydra.core.utils import JobReturn
from omegaconf import DictConfig, OmegaConf

from whynorm.tasks.launcher import SideBySide, begun
from whynorm.tasks.refusal import Refused
from whynorm.tasks.stacked_worker import work_at_once

# In these, jobs of a stack may differ: each has its own weights, optimizer and names.
OWN = (
    "seed",
    "optimizer",
    "schedule",
    "training.clip",
    "arm",
    "name",
    "tags",
    "hydra.sweep.subdir",
)

TRAINING = "whynorm.tasks.train.train"


class Stacking(SideBySide):
    """Trains jobs that differ in seed, optimizer or schedule alone at once, `runs` at most.

    Each leaves the folder that it would leave by itself. What cannot be stacked runs by itself,
    side by side; `jobs` counts stacks and such jobs. Made for accelerators that a single small
    model leaves idle.
    """

    def __init__(self, *, jobs: int | None, runs: int) -> None:
        super().__init__(jobs=jobs)
        if runs < 2:
            raise Refused(f"hydra.launcher.runs={runs} is no stack; choose 2 or more")
        self.runs = runs
        self.stacks: list[list[list[str]]] = []

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> Sequence[JobReturn]:
        """The exit code of each job's process, in their order."""
        jobs = [list(overrides) for overrides in job_overrides]
        stacks = [stack for group in groups(jobs) for stack in self.divided(group, jobs)]
        told = self.ended

        def ended(stack: int, code: int) -> None:
            for job in stacks[stack]:
                told(job, code)

        self.stacks, self.ended = [[jobs[job] for job in stack] for stack in stacks], ended
        codes = super().launch([stack[0] for stack in self.stacks], 0)
        found = {job: code for stack, code in zip(stacks, codes, strict=True) for job in stack}
        return [found[job] for job in range(len(jobs))]

    def divided(self, group: list[int], jobs: Sequence[list[str]]) -> list[list[int]]:
        """The jobs of a group in stacks that are not too large, or each by itself."""
        if len(group) == 1:
            return [group]
        config = self.context.config_loader.load_sweep_config(self.config, jobs[group[0]])
        reason = obstacle(config)
        if reason is not None:
            tell(f"hydra/launcher=stacked: {len(group)} jobs run by themselves, for {reason}")
            return [[job] for job in group]
        count = -(-len(group) // self.runs)
        return [group[start::count] for start in range(count)]

    def start(self, number: int, overrides: list[str]) -> BaseProcess:
        """A process that has begun a stack."""
        stack = self.stacks[number]
        if len(stack) == 1:
            return super().start(number, overrides)
        return begun(
            work_at_once, *(self.errand(number, overrides, os.environ) for overrides in stack)
        )


def groups(jobs: Sequence[Sequence[str]]) -> list[list[int]]:
    """The jobs that differ in nothing but what is their own, by number."""
    found: dict[tuple[str, ...], list[int]] = {}
    for number, overrides in enumerate(jobs):
        shared = tuple(override for override in overrides if not is_own(override))
        found.setdefault(shared, []).append(number)
    return list(found.values())


def is_own(override: str) -> bool:
    """True for an override in which jobs of one stack may differ."""
    key = override.lstrip("+~").partition("=")[0]
    return any(key == own or key.startswith(f"{own}.") for own in OWN)


def obstacle(config: DictConfig) -> str | None:
    """Why jobs of this configuration are not stacked; None where they may be."""
    if OmegaConf.select(config, "task._target_") != TRAINING:
        return "they train nothing"
    hardware, training = config.hardware, config.training
    if hardware.get("devices", "auto") != 1 or hardware.get("strategy") is not None:
        return f"hardware.devices={hardware.get('devices', 'auto')}"
    if str(hardware.get("precision", "")).startswith("16"):
        return f"hardware.precision={hardware.precision} scales the loss of each by itself"
    if config.get("compile") is not None:
        return f"compile={config.compile}"
    if training.ema is not None:
        return f"training.ema={training.ema}"
    return f"training.observe={training.observe}" if training.observe else None


def tell(line: str) -> None:
    """Print a line at once."""
    print(line, flush=True)
