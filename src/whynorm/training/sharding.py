"""Weights in shards, of which each process holds one (FSDP2): gathered where they are used."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytorch_lightning as pl
from jaxtyping import Float
from pytorch_lightning.strategies import ModelParallelStrategy
from torch import Tensor, distributed, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import FSDPModule, fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, distribute_tensor

from whynorm.model.attention import Attention
from whynorm.model.feed_forward import FeedForward

# What Lightning calls of a module instead of its forward.
STEPS = ("training_step", "validation_step", "test_step")
# The memory's keys and values are made apart from the attention that uses them.
WHOLE = "cross_attention"


class Sharded(ModelParallelStrategy):
    """FSDP2 over all processes of all machines: no layer is divided, and a checkpoint is one file.

    Its state is that of a model in one process.
    """

    def __init__(self) -> None:
        super().__init__(tensor_parallel_size=1, save_distributed_checkpoint=False)

    def setup_environment(self) -> None:
        """Count the processes, which are all to hold a shard."""
        self._data_parallel_size = self.num_nodes * self.num_processes
        super().setup_environment()


class Sharing(pl.LightningModule):
    """A module whose parameters are divided among the processes, where the hardware says so."""

    def configure_model(self) -> None:
        """Divide them, before there is an optimizer."""
        if self.device_mesh is not None:
            shard(self, self.device_mesh)


def shard(module: nn.Module, mesh: DeviceMesh) -> None:
    """Leave each process of the mesh its shard of the module's parameters; again does nothing.

    Self-attention and feed-forward gather theirs while they compute, all others are gathered for
    a whole step. Gradients are averaged over the processes.
    """
    if isinstance(module, FSDPModule):
        return
    for name, part in module.named_modules():
        if isinstance(part, Attention | FeedForward) and not name.endswith(WHOLE):
            fully_shard(part, mesh=mesh["data_parallel"])
    fully_shard(module, mesh=mesh["data_parallel"], reshard_after_forward=False)
    for step in STEPS:
        register_fsdp_forward_method(module, step)


def sharded(module: nn.Module) -> bool:
    """True where this process holds a shard of the parameters only."""
    return any(isinstance(one, DTensor) for one in module.parameters())


def local(gradient: Tensor) -> Tensor:
    """This process's part of a gradient; all of it where it is not divided."""
    return gradient.to_local() if isinstance(gradient, DTensor) else gradient


def over_shards(
    norms: Float[Tensor, " parameter"], model: nn.Module
) -> Float[Tensor, " parameter"]:
    """The Euclidean norms of the model's whole gradients, from those of this process's parts."""
    if not sharded(model):
        return norms
    squares = norms.square()
    distributed.all_reduce(squares)
    return squares.sqrt()


@contextmanager
def gathered(module: nn.Module) -> Iterator[None]:
    """Let each process hold all parameters meanwhile, to compute apart from the others.

    All processes must come here together.
    """
    parts = [one for one in module.modules() if isinstance(one, FSDPModule)]
    for part in parts:
        part.set_reshard_after_forward(False, recurse=False)
        part.unshard()
    try:
        yield
    finally:
        for part in parts:
            part.set_reshard_after_forward(part is not module, recurse=False)
            part.reshard()


def put(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Load a whole state into a model, of whose parameters this process may hold a shard only."""
    own = model.state_dict()
    model.load_state_dict({name: divided_as(own[name], value) for name, value in state.items()})


def divided_as(model: Tensor, value: Tensor) -> Tensor:
    """The value, or this process's part of it, as the model's own tensor is divided."""
    if not isinstance(model, DTensor):
        return value
    here = value.to(model.device)
    return distribute_tensor(here, model.device_mesh, model.placements, src_data_rank=None)
