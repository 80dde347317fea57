from collections import Counter
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from whynorm.data.batch import Batch
from whynorm.data.corpus import Corpus, Pair, Place
from whynorm.data.datamodule import TranslationData
from whynorm.data.sampler import token_batches
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.data.words import words


def sentences(count: int, start: int = 0) -> list[Pair]:
    """Pairs of one to nine words on either side."""
    numbers = range(start, start + count)
    return [Pair("wort " * (1 + n % 9), "word " * (1 + n * 7 % 9)) for n in numbers]


def corpus(**other: Any) -> Corpus:
    splits = {
        "train": sentences(60),
        "validation": sentences(11),
        "tests": {"one": sentences(7), "two": sentences(9)},
    }
    return Corpus(**{**splits, **other}, source_language="de", target_language="en")


@pytest.fixture
def make(tmp_path: Path) -> Any:
    """Data of the corpus above, prepared, with a cache of the test's own."""

    def made(made_corpus: Corpus | None = None, *, budget: int = 60, **other: Any) -> Any:
        data = TranslationData(
            lambda: made_corpus or corpus(),
            partial(words, lower_case=True, minimum_count=1),
            partial(token_batches, tokens_per_batch=budget),
            **{"cache": tmp_path, **other},
        )
        data.prepare()
        return data

    return made


def attach(data: TranslationData, *, rank: int = 0, ranks: int = 1, epoch: int = 0) -> None:
    """Stand in for a trainer at some epoch, in one of some processes."""
    place = SimpleNamespace(global_rank=rank, world_size=ranks, current_epoch=epoch)
    data.trainer = place  # pyright: ignore[reportAttributeAccessIssue]


def seen(data: TranslationData, loader: str = "train_dataloader") -> list[list[int]]:
    """The sentence numbers of each batch."""
    found = getattr(data, loader)()
    loaders = found if isinstance(found, list) else [found]
    return [batch.index.tolist() for one in loaders for batch in one]


def test_a_batch_holds_the_sentences_that_its_index_names(make: Any) -> None:
    data = make()
    for batch in data.train_dataloader():
        for source, target, number in zip(*batch, strict=True):
            pair = data.corpus.train[number]
            assert data.vocabularies.source.decode(source.tolist()) == pair.source.strip()
            assert data.vocabularies.target.decode(target.tolist()) == pair.target.strip()


def test_targets_go_from_begin_to_end_and_sources_do_not(make: Any) -> None:
    for batch in make().train_dataloader():
        assert batch.target[:, 0].eq(BEGIN).all()
        assert batch.target.eq(END).sum(dim=1).eq(1).all()
        assert not (batch.source.eq(BEGIN) | batch.source.eq(END)).any()


def test_padding_on_the_left_moves_it_and_nothing_else(make: Any) -> None:
    right, left = (make(padding_side=side).train_dataloader() for side in ("right", "left"))
    for one, two in zip(right, left, strict=True):
        assert one.index.equal(two.index)
        rows = zip([*one.target, *one.source], [*two.target, *two.source], strict=True)
        assert all(a[a != PAD].equal(b[b != PAD]) for a, b in rows)
        assert two.target[:, -1].eq(END).all()


@pytest.mark.parametrize("ranks", [1, 2, 3])
def test_every_sentence_is_trained_with_once_over_all_ranks(ranks: int, make: Any) -> None:
    data, numbers = make(), []
    for rank in range(ranks):
        attach(data, rank=rank, ranks=ranks)
        numbers += [n for batch in seen(data) for n in batch]
    assert sorted(numbers) == list(range(60))


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize(("loader", "sizes"), [("val_dataloader", [11]), ("test_dataloader", [7, 9])])
def test_every_sentence_is_measured_once_over_all_ranks(
    loader: str, sizes: list[int], ranks: int, make: Any
) -> None:
    data, numbers = make(), Counter()
    for rank in range(ranks):
        attach(data, rank=rank, ranks=ranks)
        numbers.update(n for batch in seen(data, loader) for n in batch)
    assert numbers == Counter(n for size in sizes for n in range(size))


def test_the_test_sets_come_in_the_order_of_the_corpus(make: Any) -> None:
    assert [sum(map(len, loader)) for loader in map(indices, make().test_dataloader())] == [7, 9]


def indices(loader: Any) -> list[list[int]]:
    """The sentence numbers of each batch of one loader."""
    return [batch.index.tolist() for batch in loader]


def test_the_order_depends_on_seed_and_epoch_alone(make: Any) -> None:
    orders = []
    for seed, epoch, noise in [(1, 0, 1), (1, 0, 2), (1, 1, 1), (2, 0, 1)]:
        torch.manual_seed(noise)
        data = make(seed=seed)
        attach(data, epoch=epoch)
        orders.append(seen(data))
    assert orders[0] == orders[1]
    assert orders[0] not in orders[2:]


def test_reading_batches_draws_nothing_from_the_chance_of_dropout(make: Any) -> None:
    data = make()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    seen(data)
    assert torch.get_rng_state().equal(before)


def test_processes_that_read_batches_read_the_same(make: Any) -> None:
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


def test_lightning_trains_each_epoch_in_its_own_order(make: Any, tmp_path: Path) -> None:
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


LONG = [*sentences(10), Pair("wort " * 12, "word"), Pair("wort", "word " * 11)]


def test_pairs_that_are_too_long_are_dropped_and_counted(make: Any) -> None:
    data = make(corpus(train=LONG, tests={"one": LONG}), maximum_length=11)
    assert sorted(n for batch in seen(data) for n in batch) == list(range(10))
    assert data.summary()["dropped as too long"] == "2 of train, 2 of one"


def test_the_maximum_length_counts_the_end_of_the_target(make: Any) -> None:
    assert make(corpus(train=LONG), maximum_length=12).summary()["train pairs"] == 12


def test_a_pair_that_is_too_long_stays_in_the_corpus_to_be_translated(make: Any) -> None:
    assert len(make(corpus(tests={"one": LONG}), maximum_length=11).corpus.tests["one"]) == 12


def test_a_pair_that_is_too_long_is_refused_by_file_and_line(make: Any) -> None:
    places = {"train": Place("train.de", range(101, 200))}
    message = r"train\.de, line 111: 12 tokens are more than data\.maximum_length=11; raise it, or set"
    with pytest.raises(ValueError, match=message):
        make(corpus(train=LONG, places=places), maximum_length=11, too_long="refuse")


def test_a_pair_that_no_file_holds_is_refused_by_its_number(make: Any) -> None:
    with pytest.raises(ValueError, match="one, pair 11: 12 tokens are more than"):
        make(corpus(tests={"one": LONG}), maximum_length=11, too_long="refuse")


def test_a_maximum_length_that_leaves_nothing_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match=r"train has no sentences left of 60; .*maximum_length=1$"):
        make(maximum_length=1)


def test_without_a_maximum_length_nothing_is_too_long(make: Any) -> None:
    assert make(corpus(train=LONG), maximum_length=None).summary()["train pairs"] == 12


@pytest.mark.parametrize("split", ["train", "validation"])
def test_a_split_without_sentences_is_refused(split: str, make: Any) -> None:
    with pytest.raises(ValueError, match=f"{split} has no sentences left of 0"):
        make(corpus(**{split: []}))


def test_a_blank_pair_is_refused(make: Any) -> None:
    with pytest.raises(ValueError, match="validation, pair 2: blank target; fill it in"):
        make(corpus(validation=[Pair("a", "b"), Pair("a", " ")]))


def test_a_budget_below_the_longest_sentence_is_refused_before_training(make: Any) -> None:
    with pytest.raises(ValueError, match="tokens_per_batch=9 is below the longest .* 10 tokens"):
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
    option: dict[str, Any], message: str, make: Any
) -> None:
    with pytest.raises(ValueError, match=message):
        make(**option)


def test_the_summary_tells_what_the_corpus_notes(make: Any) -> None:
    facts = make(corpus(notes={"dropped as blank": "3 of train"}, lowest_loss=0.25)).summary()
    assert (facts["dropped as blank"], facts["lowest loss"]) == ("3 of train", 0.25)


def test_the_padding_share_is_that_of_the_positions_the_model_computes(make: Any) -> None:
    data, cells, real = make(), 0, 0
    for batch in data.train_dataloader():
        for rows in (batch.source, batch.target[:, 1:]):
            cells, real = cells + rows.numel(), real + int((rows != PAD).sum())
    assert data.summary()["padding share"] == pytest.approx(1 - real / cells)


def test_the_share_of_unknown_words_is_told(make: Any) -> None:
    facts = make(corpus(validation=[Pair("wort fremd", "word strange")])).summary()
    assert facts["unknown in validation"] == pytest.approx(0.5)
