"""The one launcher: `python run.py --help` says what it can do."""

import io
import os
import sys
import traceback
from pathlib import Path

import hydra
from omegaconf import DictConfig

from whynorm.tasks.command import checked, register_experiments
from whynorm.tasks.refusal import Refused

ROOT = Path(__file__).resolve().parent


@hydra.main(version_base="1.3", config_path=str(ROOT / "conf"), config_name="config")
def job(config: DictConfig) -> int:
    """One job of the command line."""
    from whynorm.tasks.launch import launch

    return launch(config)


def main() -> None:
    """Check the whole command line, then hand it to Hydra."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without umlauts ends no run
            stream.reconfigure(errors="replace")
    register_experiments(ROOT / "experiments")
    try:
        sys.argv[1:] = checked(sys.argv[1:], ROOT / "conf")
    except Refused as error:
        if os.environ.get("WHYNORM_TRACEBACK") or os.environ.get("HYDRA_FULL_ERROR"):
            traceback.print_exc()
        sys.stderr.write(f"{error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    try:
        job()
        sys.stdout.flush()
    except BrokenPipeError:  # as in `--help | head`: the reader has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
