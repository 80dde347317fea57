"""The model's weights in a checkpoint file."""

from pathlib import Path

from torch import Tensor, nn

from whynorm.training.checkpoint_files import read, write
from whynorm.training.sharding import put

_PREFIX = "model."


def load(model: nn.Module, path: Path) -> None:
    """Put the weights and running statistics of a checkpoint into a model of the same make.

    Raises ValueError where the file is no checkpoint of ours or is of another model.
    """
    stored, own = weights(path), model.state_dict()
    if missing := sorted(own.keys() - stored.keys()):
        raise ValueError(_other_model(path, f"it lacks {_some(missing)}"))
    if spare := sorted(stored.keys() - own.keys()):
        raise ValueError(_other_model(path, f"only it has {_some(spare)}"))
    for name, value in own.items():
        if value.shape != stored[name].shape:
            shapes = f"{tuple(stored[name].shape)} there and {tuple(value.shape)} here"
            raise ValueError(_other_model(path, f"{name} is {shapes}"))
    put(model, stored)


def weights(path: Path) -> dict[str, Tensor]:
    """The model's state by the model's own names, on the CPU; no code of the file is run."""
    if not Path(path).is_file():
        raise ValueError(f"there is no checkpoint at {path}")
    checkpoint = read(path)
    if "state_dict" not in checkpoint:
        raise ValueError(f"{path} holds no state_dict; give a checkpoint that training wrote")
    state: dict[str, Tensor] = checkpoint["state_dict"]
    return {name.removeprefix(_PREFIX): state[name] for name in state if name.startswith(_PREFIX)}


def update(path: Path) -> int | None:
    """After how many updates the checkpoint was written; None for an average of several."""
    return read(path).get("global_step")


def save(state: dict[str, Tensor], path: Path, *, update: int | None = None) -> None:
    """Write a model's state so that `load` and `weights` read it; whole, or not at all."""
    named = {_PREFIX + name: value for name, value in state.items()}
    write({"state_dict": named, "global_step": update}, Path(path))


def _other_model(path: Path, difference: str) -> str:
    return f"{path} is a checkpoint of another model: {difference}; build the model of its run"


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
