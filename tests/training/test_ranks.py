"""Two processes that share each batch train as one that holds it all."""

from collections.abc import Callable, Sequence
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from tests.training.tiny import loader, tiny_batch, tiny_model, tiny_module, tiny_trainer
from whynorm.data.batch import Batch
from whynorm.norms.batch import BatchNorm
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.norms.power import PowerNorm
from whynorm.norms.regularized_batch import RegularizedBatchNorm
from whynorm.norms.unified import UnifiedNorm
from whynorm.training.quiet import Quiet

Penalised = partial(RegularizedBatchNorm, mean_penalty=0.05, variance_penalty=0.01)
Sentences = Sequence[Sequence[int]]

# Each batch's first sentence is for the first rank and far shorter than the rest.
BATCHES: list[Sentences] = [[[4], [5, 6, 7, 8, 9]], [[5, 6], [9, 8, 4, 6, 7, 5, 4]], [[7], [8, 4]]]


class Shared(pl.LightningDataModule):
    """Every rank its row of each batch; one process alone the whole batch."""

    def rows(self, sentences: Sentences) -> Batch:
        assert self.trainer is not None
        return tiny_batch(sentences[self.trainer.global_rank :: self.trainer.world_size])

    def train_dataloader(self) -> DataLoader[Batch]:
        return loader(*(self.rows(sentences) for sentences in BATCHES))

    def val_dataloader(self) -> DataLoader[Batch]:
        return self.train_dataloader()


def train(
    norm: Callable[[int], Norm] = LayerNorm, rate: float = 0.5, **options: object
) -> tuple[torch.Tensor, dict[str, float]]:
    """All weights and statistics, and what was logged last."""
    module = tiny_module(tiny_model(norm), rate=rate)
    trainer = tiny_trainer(accumulate_grad_batches=2, callbacks=[Quiet()], **options)
    trainer.fit(module, datamodule=Shared())
    weights = torch.cat([value.flatten().float() for value in module.model.state_dict().values()])
    return weights, {name: float(value) for name, value in trainer.callback_metrics.items()}


@pytest.fixture(scope="module")
def two_ranks() -> tuple[torch.Tensor, dict[str, float]]:
    return train(devices=2, strategy="ddp_spawn")


@pytest.mark.long
def test_two_ranks_train_as_one_under_accumulation(
    two_ranks: tuple[torch.Tensor, dict[str, float]],
) -> None:
    torch.testing.assert_close(two_ranks[0], train()[0], atol=1e-6, rtol=0)


@pytest.mark.long
@pytest.mark.parametrize("norm", [BatchNorm, Penalised, PowerNorm, UnifiedNorm])
def test_two_ranks_train_as_one_with_statistics_of_the_batch(norm: Callable[[int], Norm]) -> None:
    together, _ = train(norm, rate=0.05, devices=2, strategy="ddp_spawn")
    alone, _ = train(norm, rate=0.05)
    torch.testing.assert_close(together, alone, atol=1e-6, rtol=1e-6)


@pytest.mark.long
def test_two_ranks_log_what_one_logs(two_ranks: tuple[torch.Tensor, dict[str, float]]) -> None:
    alone = train()[1]
    # Each rank pads its own rows, so only the padding differs.
    del alone["data/padding_share"], two_ranks[1]["data/padding_share"]
    assert two_ranks[1] == pytest.approx(alone, rel=1e-5)
