import json
import subprocess
import sys

from tests.house.source import ROOT

HEAVY = {"torch", "pytorch_lightning", "torchmetrics", "wandb", "matplotlib", "pandas", "datasets"}
SCRIPT = """
import json, runpy, sys
sys.argv = ["run.py", "--help"]
try:
    runpy.run_path("run.py", run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_asking_for_help_imports_nothing_heavy() -> None:
    command = [sys.executable, "-c", SCRIPT]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert HEAVY & set(json.loads(out.splitlines()[-1])) == set()


def test_help_lists_the_groups_and_their_options() -> None:
    command = [sys.executable, "run.py", "--help"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    options = [path.stem for path in (ROOT / "conf").glob("norm/*.yaml")]
    assert [option for option in ["norm", "mask_fill", *options] if option not in out] == []
