"""A model's weights as safetensors: a format that holds numbers and can hold no code."""

from collections.abc import Mapping
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

FILE = "model.safetensors"


def write(state: Mapping[str, Tensor], folder: Path) -> None:
    """Write weights and running statistics by the model's own names.

    Tables that are tied in the model are written once for each of their names.
    """
    save_file(
        {name: value.detach().clone().contiguous() for name, value in state.items()}, folder / FILE
    )
