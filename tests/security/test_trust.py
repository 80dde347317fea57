"""What a run may name is what conf/ names at the same place, wherever and however it is hidden."""

from itertools import zip_longest
from typing import Any

import pytest
from omegaconf import OmegaConf

from tests.options import names
from tests.security.folders import configuration, written
from tests.tasks.launching import CONF
from whynorm.tasks.refusal import Refused
from whynorm.tasks.trust import refuse_untrusted

LAYER = {"_target_": "whynorm.norms.layer.LayerNorm", "_partial_": True}
SHELL = {"_target_": "os.system", "command": "true"}
HIDDEN: list[dict[str, Any]] = [
    {"_target_": "os.system"},
    {"norm": SHELL},
    {"norm": {**LAYER, "eps": SHELL}},
    {"norm": {**LAYER, "eps": {"deep": [[{"deeper": SHELL}]]}}},
    {"norm": {**LAYER, "_args_": [SHELL]}},
    {"norm": {**LAYER, "_args_": [1]}},
    {"norm": {**LAYER, "_recursive_": False}},
    {"norm": {**LAYER, "_convert_": "none"}},
    {"norm": {**LAYER, "_partial_": False}},
    {"norm": {**LAYER, "_execution_whitelist_": ["os.system"]}},
    {"norm": {"_target_": ["os.system"]}},
    {"norm": {"_target_": {"_target_": "os.system"}}},
    {"norm": {"_target_": "functools.partial", "_args_": ["os.system"]}},
    {"norm": {"_target_": "hydra.utils.get_method", "path": "os.system"}},
    {"norm": {"_target_": "whynorm.tasks.folder.Path.unlink"}},
    {"norm": {"_target_": "whynorm.training.checkpoint.os.system"}},
    {"norm": {"_target_": "whynorm.norms.layer.LayerNorm.__init__"}},
    {"norm": {"_target_": "whynorm.norms.layer. LayerNorm"}},
    {"norm": {"_target_": "whynorm.tasks.translate.translate", "_partial_": True}},
    {"norm": {**LAYER, "task": {"_target_": "whynorm.tasks.translate.translate"}}},
    {"decoder_norm": {"_target_": "whynorm.tasks.train.train", "_partial_": True}},
    {"model": {"_target_": "torch.optim.Adam", "_partial_": True}},
    {"unheard_of": SHELL},
    {str(CONF / "norm"): LAYER},
]


def judge(past: dict[Any, Any]) -> None:
    """Refuse a run of that configuration, unless a command that says nothing else may trust it."""
    said = OmegaConf.create({**configuration(), "run": "sent"})
    refuse_untrusted(OmegaConf.create(past), said)


@pytest.mark.parametrize("hidden", HIDDEN, ids=str)
def test_what_conf_does_not_name_at_a_place_is_refused(hidden: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"^run=sent: its configuration holds .*, which no option"):
        judge({**configuration(), **hidden})


# Of these a run has one; the others say what is done with runs.
GROUPS = {folder.name for folder in CONF.iterdir() if folder.is_dir()} - {
    "bench",
    "hydra",
    "probe",
    "task",
}
OPTIONS = [[f"{group}={name}" for name in names(group)] for group in sorted(GROUPS)]
NESTED = ["model/embedding=learned", "norm@decoder_norm=batch"]
# As many runs as the largest group has options; each has one more option of every other group.
RUNS = [tuple(filter(None, run)) for run in zip_longest(*OPTIONS, NESTED)]


@pytest.mark.parametrize("options", RUNS, ids=" ".join)
def test_a_run_of_any_option_is_trusted(options: tuple[str, ...]) -> None:
    judge(written(*options))


def test_what_a_refusal_shows_holds_no_character_that_a_terminal_obeys() -> None:
    with pytest.raises(Refused, match=r"holds norm\._target_=\\x1b\[2J\\nall is well, which"):
        judge({**configuration(), "norm": {"_target_": "\x1b[2J\nall is well"}})
