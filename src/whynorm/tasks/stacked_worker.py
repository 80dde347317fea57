"""A stack of jobs in one process: a thread for each, whose updates are computed at once."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout
from threading import Thread

from hydra.core.hydra_config import HydraConfig

from whynorm.tasks.launch import FAILED, INTERRUPTED
from whynorm.tasks.worker import LOG, Errand, done, prepare


def work_at_once(*errands: Errand) -> None:
    """Do the jobs and end this process with an exit code for them all.

    What no job says itself, such as the last words of a crash, goes into the first one's log.
    """
    prepare(errands[0])
    # One process has many W&B runs; each training ends its own.
    os.environ["WANDB_REINIT"] = "create_new"
    codes = exit_codes(errands)
    raise SystemExit(INTERRUPTED if INTERRUPTED in codes else max(codes))


def exit_codes(errands: tuple[Errand, ...]) -> list[int]:
    """The exit code of each job, once all have ended; an interrupt is passed on to them."""
    from whynorm.training.stacked_run import Meeting  # with torch: not for who only starts jobs

    meeting = Meeting(len(errands), aside=put_aside)
    codes = [FAILED] * len(errands)

    def attend(number: int) -> None:
        codes[number] = exit_code(meeting.attended(), errands[number])

    threads = [Thread(target=attend, args=(number,)) for number in range(len(errands))]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt:
        meeting.over = True
        for thread in threads:
            thread.join()
    if meeting.reason is not None:
        for errand in errands:
            with (errand.folder / LOG).open("a", encoding="utf-8") as log:
                log.write(f"computed by itself, not in a stack, for {meeting.reason}\n")
    return codes


def exit_code(turns: AbstractContextManager[None], errand: Errand) -> int:
    """The exit code of one job, which moves in its turns only and says all into its own log."""
    errand.folder.mkdir(parents=True, exist_ok=True)
    with (
        (errand.folder / LOG).open("a", buffering=1, encoding="utf-8") as log,
        turns,
        redirect_stdout(log),
        redirect_stderr(log),
    ):
        try:
            return done(errand)
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else FAILED
        except BaseException:
            traceback.print_exc()
            return FAILED


@contextmanager
def put_aside() -> Iterator[None]:
    """Put back afterwards what belongs to one job and is global: the others have their own."""
    hydra = HydraConfig.instance()
    config, command, out, err = hydra.cfg, sys.argv, sys.stdout, sys.stderr
    try:
        yield
    finally:
        hydra.cfg, sys.argv, sys.stdout, sys.stderr = config, command, out, err
