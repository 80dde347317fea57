"""Every command of the README is carried out: as far as time allows here, in full by `make long`.

Two sweeps, the default training, `--help` and every other task run for real, one after the other
in an empty folder. Every other training is checked and built, which refuses any misspelt
option or value, and run for real where the tests marked long are. Trainings are cut short by the
words of SHORT at their end.
"""

import os
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path
from typing import Any

import pytest
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tests.house.source import ROOT
from tests.tasks.launching import launch
from whynorm.norms.norm import Norm

SHORT = shlex.split(
    "logger=none training.updates=2 training.validations=1 training.translate_validation=4 "
    "decoding.beam=1 decoding.extra_tokens=2 model.d_model=16 model.d_ff=16 model.heads=2"
)
FEW_SENTENCES = ["data.corpus.pairs=400"]

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def commands(page: str) -> list[str]:
    """The lines of a page's bash blocks."""
    blocks = re.findall(r"^```bash\n(.*?)^```", page, re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


COMMANDS = commands(README)
SWEEPS = ["python run.py -m norm=layer,batch", "python run.py -m experiment=cheating"]
TRAININGS = [
    line
    for line in COMMANDS
    if line.startswith("python run.py") and "task=" not in line and "--help" not in line
]
LATER = [line for line in COMMANDS if "task=" in line or "--help" in line]


def shortened(line: str) -> list[str]:
    """A training command's arguments, cut short."""
    words = shlex.split(line)[2:]
    grammar = not any(word.startswith("data=") for word in words)
    return [*words, *SHORT, *(FEW_SENTENCES if grammar else [])]


def run(arguments: list[str], folder: Path) -> None:
    """Run `python run.py` in that folder; it must end well."""
    command = [sys.executable, str(ROOT / "run.py"), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def run_here(arguments: list[str], folder: Path, typed: str = "") -> str:
    """What the launcher prints when it is run in this process; it must end well."""
    ended = launch(folder, *arguments, typed=typed.encode())
    assert ended.code == 0, ended.out[-3000:] + ended.err[-3000:]
    return ended.out


def write_own_files(folder: Path) -> None:
    """The parallel files that the README's example of one's own data speaks of."""
    for language, sentence in (("de", "Hunde schlafen ."), ("en", "dogs sleep .")):
        lines = [f"{number} {sentence}\n" for number in range(200)]
        (folder / f"mine.{language}").write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which two of the README's sweeps and its default training have been run."""
    folder = tmp_path_factory.mktemp("readme")
    for line, arms in zip(SWEEPS, ([], ["arm=paper,peek_1"]), strict=True):
        run_here([*shortened(line), *arms, "seed=1,2", "threads=1"], folder)
    run(shortened("python run.py"), folder)
    return folder


@pytest.mark.parametrize("line", LATER)
def test_what_follows_a_training_runs(line: str, trained: Path) -> None:
    typed, _, command = line.rpartition("| ")
    assert run_here(shlex.split(command)[2:], trained, "".join(shlex.split(typed)[1:])).strip()


@pytest.mark.parametrize("line", TRAININGS)
def test_a_training_can_be_built(line: str) -> None:
    from whynorm.tasks.command import checked, register_experiments

    register_experiments(ROOT / "experiments")
    arguments = shlex.split(line)[2:]
    assert checked([*arguments, "logger=none"], ROOT / "conf")


@pytest.mark.long
@pytest.mark.parametrize("line", TRAININGS)
def test_a_training_runs(line: str, tmp_path: Path) -> None:
    if "multi30k" in line and "WHYNORM_DATA" not in os.environ:
        pytest.skip("WHYNORM_DATA names no folder that holds multi30k/")
    write_own_files(tmp_path)
    run(shortened(line), tmp_path)
    assert list(tmp_path.glob("runs/**/scores.json"))


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("make ")])
def test_make_knows_how(line: str) -> None:
    command = ["make", "--dry-run", *line.split()[1:]]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr


def test_what_pip_is_asked_for_is_offered() -> None:
    [line] = [line for line in COMMANDS if line.startswith("pip ")]
    asked = re.findall(r"\[(\w+)\]", line)
    offered = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(asked) <= offered["optional-dependencies"].keys()
    assert (ROOT / shlex.split(line)[-1]).is_file()


def test_every_command_is_of_a_kind_that_is_tried_here() -> None:
    known = {*TRAININGS, *LATER, "python -m venv .venv", "source .venv/bin/activate"}
    rest = [line for line in COMMANDS if line not in known]
    assert [line for line in rest if not line.startswith(("make ", "pip "))] == []


def test_the_table_of_options_speaks_of_what_conf_holds() -> None:
    rows = re.findall(r"^\| `([a-z_]+)`.* \| (`.*) \|$", README, re.M)
    named = {group: set(re.findall(r"`(\w+)`", cell)) for group, cell in rows}
    folders = [path for path in (ROOT / "conf").iterdir() if path.is_dir() and path.name != "hydra"]
    held = {folder.name: {path.stem for path in folder.glob("*.yaml")} for folder in folders}
    experiments = (ROOT / "experiments").glob("*/experiment.yaml")
    held["experiment"] = {path.parent.name for path in experiments}
    assert named.keys() == held.keys()
    assert {
        group: options - held[group] for group, options in named.items() if options - held[group]
    } == {}


@pytest.mark.parametrize("page", [README, CONTRIBUTING], ids=["README", "CONTRIBUTING"])
def test_what_a_page_links_to_is_there(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", page) if "://" not in link]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_asks_all_fifteen_questions() -> None:
    assert re.findall(r"^\| (\d+) \|", README, re.M) == [str(n) for n in range(1, 16)]


def test_the_norm_that_contributing_writes_is_one() -> None:
    [block] = re.findall(r"^ *```python\n(.*?)^ *```", CONTRIBUTING, re.M | re.S)
    names: dict[str, Any] = {"Norm": Norm, "Float": Float, "Bool": Bool, "Tensor": Tensor}
    exec(textwrap.dedent(block), names)
    y = names["MedianNorm"](5)(torch.tensor([[[1.0, 2.0, 3.0, 4.0, 10.0]]]), torch.tensor([[True]]))
    assert torch.allclose(y, torch.tensor([-2.0, -1.0, 0.0, 1.0, 7.0]) / 2.2, atol=1e-4)
