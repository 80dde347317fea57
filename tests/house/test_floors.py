import subprocess
import sys
from pathlib import Path

from tests.house.source import ROOT, imports, name, offenders, python_files

FLOOR = {
    "norms": 0,
    "masks": 0,
    "placements": 1,
    "model": 1,
    "data": 1,
    "results": 1,
    "training": 2,
    "decoding": 2,
    "probes": 2,
    "export": 2,
    "benchmarks": 2,
    "tasks": 3,
    "hydra_plugins": 4,
}
# Floor 1 stands beside itself: a model knows no data, data know no model, results neither; a
# model is wired by placements, which know nothing of it.
# On floor 2, training may translate to validate; nothing there may train, and benchmarks, which
# time what others do, are asked by nobody there.
BESIDE = {
    ("model", "placements"),
    ("training", "decoding"),
    ("training", "probes"),
    ("probes", "decoding"),
    ("benchmarks", "decoding"),
    ("benchmarks", "export"),
}

LIGHTNING = ("training/", "tasks/", "data/datamodule.py")
FILES = python_files("src")


def room(path: Path) -> str:
    """The room of a source file: the folder under src/whynorm or beside it, or the top."""
    inside = name(path).removeprefix("src/").removeprefix("whynorm/").split("/")
    return inside[0] if len(inside) > 1 else "top"


def rooms_imported(path: Path) -> set[str]:
    """The rooms that a file imports from."""
    ours = [module.split(".") for module in imports(path) if module.startswith("whynorm.")]
    return {parts[1] for parts in ours if parts[1] in FLOOR}


def packages(path: Path) -> set[str]:
    """The top-level packages that a file imports."""
    return {module.split(".")[0] for module in imports(path)}


def inside(path: Path, allowed: tuple[str, ...]) -> bool:
    """Whether a source file lies in one of the rooms or files named."""
    return name(path).removeprefix("src/whynorm/").startswith(allowed)


def test_every_room_stands_on_a_floor() -> None:
    assert {room(path) for path in FILES} - {"top"} <= FLOOR.keys()


def test_imports_go_down_only() -> None:
    assert offenders(FILES, rooms_above) == {}


def rooms_above(path: Path) -> set[str]:
    """The rooms that a file imports from and that do not stand below it."""
    here = room(path)
    others = {there for there in rooms_imported(path) - {here} if (here, there) not in BESIDE}
    return {there for there in others if FLOOR.get(here, 4) <= FLOOR[there]}


def test_lightning_lives_in_training_tasks_and_the_datamodule() -> None:
    found = {name(path) for path in FILES if "pytorch_lightning" in packages(path)}
    assert {file for file in found if not inside(ROOT / file, LIGHTNING)} == set()


def test_the_other_lightning_class_tree_is_never_imported() -> None:
    assert [
        name(path) for path in python_files("src", "tests") if "lightning" in packages(path)
    ] == []


def test_hydra_lives_in_the_launcher_and_the_tasks() -> None:
    found = [path for path in FILES if packages(path) & {"hydra", "omegaconf"}]
    assert [name(path) for path in found if name(path) != "run.py" and room(path) != "tasks"] == []


def test_wandb_is_imported_by_one_file_at_most() -> None:
    assert len([path for path in FILES if "wandb" in packages(path)]) <= 1


def test_figures_are_drawn_in_results_only() -> None:
    drawing = {"matplotlib", "plotly", "seaborn", "bokeh"}
    found = [path for path in FILES if packages(path) & drawing]
    assert {room(path) for path in found} <= {"results"}


def test_results_open_without_torch_and_lightning() -> None:
    modules = [path for path in FILES if room(path) == "results"]
    names = [name(path)[4:-3].replace("/", ".").removesuffix(".__init__") for path in modules]
    script = f"import sys, {', '.join(names)}; print([m for m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    loaded = set(out.stdout.strip()[2:-2].split("', '"))
    assert loaded & {"torch", "pytorch_lightning", "torchmetrics", "hydra"} == set()
    assert set(names) <= loaded
