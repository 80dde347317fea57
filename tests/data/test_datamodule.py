from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from tests.data.toy import corpus, prepared
from whynorm.data.batch import Batch
from whynorm.data.corpus import Pair
from whynorm.data.datamodule import TranslationData
from whynorm.data.sampler import token_batches
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.data.words import words

Make = Callable[..., TranslationData]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Data of a corpus, prepared."""
    return partial(prepared, tmp_path)


def attach(data: TranslationData, *, rank: int = 0, ranks: int = 1, epoch: int = 0) -> None:
    """Stand in for a trainer at some epoch, in one of some processes."""
    place = SimpleNamespace(global_rank=rank, world_size=ranks, current_epoch=epoch)
    data.trainer = place  # pyright: ignore[reportAttributeAccessIssue]


def seen(data: TranslationData, loader: str = "train_dataloader") -> list[list[int]]:
    """The sentence numbers of each batch."""
    found = getattr(data, loader)()
    loaders = found if isinstance(found, list) else [found]
    return [batch.index.tolist() for one in loaders for batch in one]


def test_a_batch_holds_the_sentences_that_its_index_names(make: Make) -> None:
    data = make()
    for batch in data.train_dataloader():
        for source, target, number in zip(*batch, strict=True):
            pair = data.corpus.train[number]
            assert data.vocabularies.source.decode(source.tolist()) == pair.source.strip()
            assert data.vocabularies.target.decode(target.tolist()) == pair.target.strip()


def test_targets_go_from_begin_to_end_and_sources_do_not(make: Make) -> None:
    for batch in make().train_dataloader():
        assert batch.target[:, 0].eq(BEGIN).all()
        assert batch.target.eq(END).sum(dim=1).eq(1).all()
        assert not (batch.source.eq(BEGIN) | batch.source.eq(END)).any()


def test_padding_on_the_left_moves_it_and_nothing_else(make: Make) -> None:
    right, left = (make(padding_side=side).train_dataloader() for side in ("right", "left"))
    for one, two in zip(right, left, strict=True):
        assert one.index.equal(two.index)
        rows = zip([*one.target, *one.source], [*two.target, *two.source], strict=True)
        assert all(a[a != PAD].equal(b[b != PAD]) for a, b in rows)
        assert two.target[:, -1].eq(END).all()


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_every_sentence_is_trained_with_once_over_all_ranks(ranks: int, make: Make) -> None:
    data, numbers = make(), []
    for rank in range(ranks):
        attach(data, rank=rank, ranks=ranks)
        numbers += [n for batch in seen(data) for n in batch]
    assert sorted(numbers) == list(range(60))


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize(
    ("loader", "sizes"), [("val_dataloader", [11]), ("test_dataloader", [7, 9])]
)
def test_every_sentence_is_measured_once_over_all_ranks(
    loader: str, sizes: list[int], ranks: int, make: Make
) -> None:
    data, numbers = make(), Counter()
    for rank in range(ranks):
        attach(data, rank=rank, ranks=ranks)
        numbers.update(n for batch in seen(data, loader) for n in batch)
    assert numbers == Counter(n for size in sizes for n in range(size))


def test_the_test_sets_come_in_the_order_of_the_corpus(make: Make) -> None:
    assert [sum(map(len, loader)) for loader in map(indices, make().test_dataloader())] == [7, 9]


def indices(loader: Any) -> list[list[int]]:
    """The sentence numbers of each batch of one loader."""
    return [batch.index.tolist() for batch in loader]


def test_the_order_depends_on_seed_and_epoch_alone(make: Make) -> None:
    orders = []
    for seed, epoch, noise in [(1, 0, 1), (1, 0, 2), (1, 1, 1), (2, 0, 1)]:
        torch.manual_seed(noise)
        data = make(seed=seed)
        attach(data, epoch=epoch)
        orders.append(seen(data))
    assert orders[0] == orders[1]
    assert orders[0] not in orders[2:]


def test_reading_batches_draws_nothing_from_the_chance_of_dropout(make: Make) -> None:
    data = make()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    seen(data)
    assert torch.get_rng_state().equal(before)


def test_processes_that_read_batches_read_the_same(make: Make) -> None:
    assert seen(make(workers=1)) == seen(make(workers=0))


class Watcher(pl.LightningModule):
    """Notes which sentences it is trained with."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen: list[list[list[int]]] = []

    def on_train_epoch_start(self) -> None:
        self.seen.append([])

    def training_step(self, batch: Batch, batch_index: int) -> torch.Tensor:
        self.seen[-1].append(batch.index.tolist())
        return self.weight * 1.0

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.SGD(self.parameters(), lr=0.1)


@pytest.mark.filterwarnings("ignore:You passed in a `val_dataloader`")
def test_lightning_trains_each_epoch_in_its_own_order(make: Make, tmp_path: Path) -> None:
    data, model = make(), Watcher()
    trainer = pl.Trainer(
        max_epochs=3,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        limit_val_batches=0,
        default_root_dir=tmp_path,
    )
    trainer.fit(model, datamodule=data)
    assert model.seen == [data.order(epoch) for epoch in range(3)]


def test_preparing_twice_reads_once(tmp_path: Path) -> None:
    times = []
    data = TranslationData(
        lambda: times.append(1) or corpus(),
        partial(words, lower_case=True, minimum_count=1),
        partial(token_batches, tokens_per_batch=60),
        cache=tmp_path,
    )
    data.prepare()
    data.setup("fit")
    assert len(times) == 1


def test_a_budget_below_the_longest_sentence_is_refused_before_training(make: Make) -> None:
    with pytest.raises(ValueError, match=r"tokens_per_batch=9 is below the longest .* 10 tokens"):
        make(budget=9)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"padding_side": "middle"}, "padding_side=middle is no choice; choose right or left"),
        ({"too_long": "keep"}, "too_long=keep is no choice; choose drop or refuse"),
        ({"maximum_length": 0}, "maximum_length=0 holds no sentence; choose 1 or more"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    option: dict[str, Any], message: str, make: Make
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**option)


def test_the_summary_tells_what_the_corpus_notes(make: Make) -> None:
    facts = make(corpus(notes={"dropped as blank": "3 of train"}, lowest_loss=0.25)).summary()
    assert (facts["dropped as blank"], facts["lowest loss"]) == ("3 of train", 0.25)


def test_the_padding_share_is_that_of_the_positions_the_model_computes(make: Make) -> None:
    data, cells, real = make(), 0, 0
    for batch in data.train_dataloader():
        for rows in (batch.source, batch.target[:, 1:]):
            cells, real = cells + rows.numel(), real + int((rows != PAD).sum())
    assert data.summary()["padding share"] == pytest.approx(1 - real / cells)


def test_the_share_of_unknown_words_is_told(make: Make) -> None:
    facts = make(corpus(validation=[Pair("wort fremd", "word strange")])).summary()
    assert facts["unknown in validation"] == pytest.approx(0.5)
