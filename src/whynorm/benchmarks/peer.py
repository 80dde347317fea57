"""What all models of others have in common: how they are trained, and what is timed."""

import time
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from whynorm.benchmarks import material
from whynorm.benchmarks.arithmetic import Sizes
from whynorm.benchmarks.contest import Fact, Work
from whynorm.data.batch import Batch


class Peer:
    """A model of others in the plain training loop that its users write.

    The batches are padded before the clock runs. A subclass builds its model and says its loss;
    it imports what may be missing in `build`.
    """

    def __init__(self, sizes: Sizes, path: Path, seed: int = 1) -> None:
        self.sizes, self.path, self.seed = sizes, path, seed

    def build(self) -> nn.Module:
        """The model, its weights drawn."""
        raise NotImplementedError

    def loss(self, model: nn.Module, batch: Batch) -> Float[Tensor, ""]:
        """What the model minimises on a batch."""
        raise NotImplementedError

    def ready(self, batch: Batch) -> Batch:
        """The batch as this model wants its ids."""
        return batch

    def prepare(self) -> None:
        """Draw the weights and read the batches."""
        torch.manual_seed(self.seed)
        self.material = material.read(self.path)
        self.model = self.build()
        self.model.train()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-4)

    def facts(self) -> dict[str, Fact]:
        """How many parameters it has; what is shared counts once."""
        return {"parameters": sum(one.numel() for one in self.model.parameters())}

    def round(self, number: int) -> Work:
        """Train on the batches of the round."""
        batches = [self.ready(batch) for batch in self.material.batches(number)]
        begun = time.perf_counter()
        for batch in batches:
            self.update(batch)
        seconds = time.perf_counter() - begun
        return Work(float(self.material.target_tokens(number)), seconds)

    def update(self, batch: Batch) -> None:
        """One update of the weights."""
        self.optimizer.zero_grad()
        loss = self.loss(self.model, batch)
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), self.sizes.clip)
        self.optimizer.step()
        # A loop that shows its loss, as all do, waits for it.
        loss.item()
