"""How annotations are checked while the tests run, and where.

Where modules are tested one by one, what they take and give is held to its shapes. Tests that ask
what whole models do call the same functions thousands of times, and are up to three times as fast
without; `make long` checks there too.
"""

import os
from pathlib import Path

from beartype import BeartypeConf, beartype
from jaxtyping import config

# As every static checker reads it, a float may be an int.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True))

EVERYWHERE = bool(os.environ.get("EVERY_SHAPE"))
FOLDERS = {"data", "decoding", "masks", "model", "norms", "placements", "training"}
WHOLE_MODELS = {"model/test_causality.py", "training/test_recovery.py"}


def checked_in(path: Path) -> bool:
    """Whether the tests of this file check shapes."""
    of_one_module = path.parent.name in FOLDERS and "/".join(path.parts[-2:]) not in WHOLE_MODELS
    return EVERYWHERE or of_one_module


def check(on: bool) -> None:
    """Check shapes from here on, or do not."""
    config.update("jaxtyping_disable", not (on or EVERYWHERE))
