"""Padded batches of a corpus, for Lightning."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from whynorm.data.batch import SIDES, Example, collate
from whynorm.data.cache import MakeVocabularies, remembered, user_cache
from whynorm.data.corpus import Corpus, Fact
from whynorm.data.encoding import TOO_LONG, Encoded, encoded
from whynorm.data.generation import generated
from whynorm.data.sampler import (
    Batches,
    Rest,
    padding_share,
    require_positive,
    rounded_up,
    share,
    token_batches,
)
from whynorm.data.vocabulary import Vocabularies

# Padded tokens of a batch that is only measured; a longer sentence has a batch to itself.
EVALUATION_TOKENS = 4096


class TranslationData(pl.LightningDataModule):
    """A corpus, encoded, in batches.

    A pair that takes more than `maximum_length` positions in the model is dropped and counted, or
    refused; `corpus` still has it, to be translated. The order of training is a function of
    (seed, epoch); every rank gets its rows of every batch, so that all see each sentence once.
    With a `length_multiple` above 1 every batch is padded to a multiple of so many positions, for
    an accelerator that wants few shapes; norms that count padding see it. `cache` is where
    vocabularies, and what the grammar generates, are kept between runs; None: the user's own
    folder.
    """

    corpus: Corpus
    vocabularies: Vocabularies

    def __init__(
        self,
        corpus: Callable[[], Corpus],
        vocabulary: MakeVocabularies,
        batches: Batches,
        *,
        padding_side: str = "right",
        maximum_length: int | None = 256,
        too_long: str = "drop",
        length_multiple: int = 1,
        seed: int = 0,
        workers: int = 0,
        cache: Path | None = None,
    ) -> None:
        super().__init__()
        if maximum_length is not None:
            require_positive("data.maximum_length", maximum_length)
        require_positive("data.length_multiple", length_multiple)
        if workers < 0:
            raise ValueError(f"data.workers={workers} is less than none; choose 0 or more")
        require_choice("data.padding_side", padding_side, SIDES)
        require_choice("data.too_long", too_long, TOO_LONG)
        self._make_corpus, self._make_vocabularies, self._batches = corpus, vocabulary, batches
        self._encode = partial(encoded, maximum_length=maximum_length, too_long=too_long)
        self._padding_side, self._multiple = padding_side, length_multiple
        self._seed, self._workers, self._cache = seed, workers, cache
        self._splits: dict[str, Encoded] = {}
        self._learnt = {"epoch": 0, "batches": 0}

    def prepare(self) -> None:
        """Read the corpus, learn the vocabularies, encode every split; again does nothing.

        Raises ValueError for input that cannot be trained with, before training begins.
        """
        if self._splits:
            return
        folder = self._cache or user_cache()
        self.corpus = generated(self._make_corpus, folder)
        self.vocabularies = remembered(self._make_vocabularies, self.corpus.train, folder)
        splits = {
            name: self._encode(self.corpus, name, self.vocabularies) for name in self.corpus.splits
        }
        self._divided(splits["train"], 0)
        self._splits = splits

    def setup(self, stage: str) -> None:
        """Prepare, where that has not been done; what resumes says afterwards where."""
        self.prepare()
        self._learnt = {"epoch": 0, "batches": 0}

    def order(self, epoch: int) -> list[list[int]]:
        """The training batches of an epoch over all ranks, as positions among the pairs kept."""
        return self._divided(self._splits["train"], epoch)

    def train_dataloader(self) -> DataLoader[Example]:
        """The current epoch's batches, of each this rank's rows; resumed, those still to come."""
        epoch = self.trainer.current_epoch if self.trainer else 0
        learnt = self._learnt["batches"] if epoch == self._learnt["epoch"] else 0
        return self._loader("train", self.order(epoch), learnt=learnt)

    def state_dict(self) -> dict[str, int]:
        """The epoch, and how many of its batches have been learnt from."""
        assert self.trainer is not None
        progress = self.trainer.fit_loop.epoch_loop.batch_progress.current
        return {"epoch": self.trainer.current_epoch, "batches": progress.completed}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Go on there."""
        self._learnt = dict(state_dict)

    def val_dataloader(self) -> DataLoader[Example]:
        """The validation split in batches of like length, each sentence once over all ranks."""
        return self._measured("validation")

    def test_dataloader(self) -> list[DataLoader[Example]]:
        """Every test set, in the order of the corpus, as the validation split is read."""
        return [self._measured(name) for name in self.corpus.tests]

    def as_trained(self, name: str) -> DataLoader[Example]:
        """Any split in batches as those of training, padded as those are."""
        return self._loader(name, self._divided(self._splits[name], 0))

    def summary(self) -> dict[str, Fact | None]:
        """What a reader should know of the data before training starts."""
        sizes, batches = self._splits["train"].lengths, self.order(0)
        means = torch.tensor(sizes, dtype=torch.float).mean(dim=0).tolist()
        return {
            "languages": f"{self.corpus.source_language} → {self.corpus.target_language}",
            **{f"{name} pairs": len(split.examples) for name, split in self._splits.items()},
            **self._too_long(),
            **self.corpus.notes,
            "vocabulary": self._vocabulary_sizes(),
            "unknown in validation": self._splits["validation"].unknown,
            "tokens a source": means[0],
            "tokens a target": means[1],
            "batches an epoch": len(batches),
            "padding share": padding_share(sizes, batches, multiple=self._multiple),
            "lowest loss": self.corpus.lowest_loss,
            "sha256": self.corpus.sha256,
        }

    def _divided(self, split: Encoded, epoch: int) -> list[list[int]]:
        """A split in the batches of an epoch of training."""
        return self._batches(split.lengths, seed=self._seed, epoch=epoch, multiple=self._multiple)

    def _vocabulary_sizes(self) -> str:
        both = self.vocabularies
        joint = f"{len(both.source):,} joint"
        return joint if both.joint else f"{len(both.source):,} and {len(both.target):,}"

    def _too_long(self) -> dict[str, Fact]:
        dropped = {name: split.dropped for name, split in self._splits.items() if split.dropped}
        text = ", ".join(f"{count:,} of {name}" for name, count in dropped.items())
        return {"dropped as too long": text} if dropped else {}

    def _measured(self, name: str) -> DataLoader[Example]:
        sizes = self._splits[name].lengths
        longest = rounded_up(max(map(max, sizes)), self._multiple)
        budget = max(EVALUATION_TOKENS, longest)
        batches = token_batches(
            sizes, seed=0, epoch=0, tokens_per_batch=budget, multiple=self._multiple
        )
        return self._loader(name, batches)

    def _loader(
        self, name: str, batches: list[list[int]], *, learnt: int = 0
    ) -> DataLoader[Example]:
        rank, ranks = (
            (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        )
        return DataLoader(
            Pairs(self._splits[name].examples),
            batch_sampler=Rest(share(batches, rank=rank, ranks=ranks), learnt),
            collate_fn=partial(collate, side=self._padding_side, multiple=self._multiple),
            num_workers=self._workers,
            pin_memory=torch.cuda.is_available(),
            # Its own, or each epoch would draw a number from the chance that dropout draws from.
            generator=torch.Generator(),
        )


class Pairs(Dataset[Example]):
    """The pairs of a split by position."""

    def __init__(self, examples: list[Example]) -> None:
        self.examples = examples

    def __getitem__(self, position: int) -> Example:
        """One pair."""
        return self.examples[position]

    def __len__(self) -> int:
        return len(self.examples)


def require_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    """Refuse a word that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name}={value} is no choice; choose {' or '.join(choices)}")
