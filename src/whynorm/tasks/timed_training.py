"""Our own training as a contender: Lightning's Trainer on given batches, timed from inside."""

import io
import time
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from whynorm.benchmarks import material
from whynorm.benchmarks.contest import Fact, Work
from whynorm.benchmarks.material import Material
from whynorm.data.corpus import Corpus, Pair
from whynorm.data.datamodule import TranslationData
from whynorm.data.sampler import Lengths
from whynorm.data.vocabulary import SPECIAL, Vocabularies, Vocabulary
from whynorm.model.embedding import Tokens
from whynorm.tasks import build
from whynorm.tasks.folder import ROOT
from whynorm.training.allocator import keep_freed_memory
from whynorm.training.divergence import Divergence
from whynorm.training.progress import TrainingProgress
from whynorm.training.quiet import quiet


class TimedTraining:
    """`task=train`, on the rounds' batches and without validations, logs and checkpoints.

    The weights go on from round to round; each round is a fit of its own, timed from the start of
    its first batch to the end of its last, so that what Lightning does in between counts.
    """

    def __init__(self, config: Mapping[str, Any], path: Path) -> None:
        self.config, self.path = config, path

    def prepare(self) -> None:
        """Build everything as training does."""
        quiet()
        keep_freed_memory()
        warnings.filterwarnings("ignore", message=".*defined a `validation_step`.*")
        config = OmegaConf.create(dict(self.config))
        assert isinstance(config, DictConfig)
        self.composed, self.material = config, material.read(self.path)
        self.order = Order(self.material)
        self.data = data_of(self.material, self.order, config)
        size = self.material.vocabulary
        model = build.make_model(config, Tokens(size, size, joint=True))
        model.initialise(config.seed)
        if config.compile is not None:
            model.compile_stacks(config.compile)
        self.module = build.make_module(config, model, build.made(config.mask), ["test"])

    def facts(self) -> dict[str, Fact]:
        """How many parameters the model has."""
        return {"parameters": sum(one.numel() for one in self.module.model.parameters())}

    def round(self, number: int) -> Work:
        """Fit on the round's batches."""
        self.order.number = number
        self.composed.training.updates = len(self.material.examples(number))
        watch = Stopwatch()
        shown = TrainingProgress(Console(file=io.StringIO()))
        trainer = build.make_trainer(
            self.composed, folder=ROOT, loggers=[], callbacks=[Divergence(), shown, watch]
        )
        trainer.fit(self.module, train_dataloaders=self.data.train_dataloader())
        return Work(float(self.material.target_tokens(number)), watch.seconds)


class Stopwatch(pl.Callback):
    """The seconds from the start of the first batch to the end of the last."""

    def __init__(self) -> None:
        self.begun: float | None = None
        self.seconds = 0.0

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Begin, at the first batch."""
        self.begun = self.begun or time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, *_: object
    ) -> None:
        """Look at the clock."""
        assert self.begun is not None
        self.seconds = time.perf_counter() - self.begun


class Order:
    """A way to divide sentences into batches: as the material does in the round `number`."""

    def __init__(self, material: Material) -> None:
        self.material, self.number = material, 0

    def __call__(
        self, lengths: Lengths, *, seed: int, epoch: int, multiple: int
    ) -> list[list[int]]:
        """The round's batches, as positions among the sentences of all rounds."""
        rounds = self.material.rounds
        chosen = self.number % len(rounds)
        place = sum(len(batch) for batches in rounds[:chosen] for batch in batches)
        order: list[list[int]] = []
        for batch in rounds[chosen]:
            order.append(list(range(place, place + len(batch))))
            place += len(batch)
        return order


class Numbers(Vocabulary):
    """Texts that are ids already, written as numbers."""

    def __init__(self, size: int) -> None:
        self.size = size

    def encode(self, text: str) -> list[int]:
        """The numbers."""
        return [int(word) for word in text.split()]

    def decode(self, ids: Sequence[int]) -> str:
        """The ids as numbers."""
        return " ".join(f"{number}" for number in ids if number >= SPECIAL)

    def __len__(self) -> int:
        return self.size

    def state(self) -> dict[str, Any]:
        """How many ids there are."""
        return {"size": self.size}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> "Vocabulary":
        """The vocabulary of so many ids."""
        return cls(state["size"])


def data_of(material: Material, order: Order, config: DictConfig) -> TranslationData:
    """The material as the data of a run, so that it is read and padded as any other."""
    numbers = Numbers(material.vocabulary)
    both = Vocabularies(numbers, numbers, joint=True)
    options = {str(k): v for k, v in config.data.items() if k not in ("corpus", "epochs")}
    corpus = partial(corpus_of, material)
    data = TranslationData(corpus, lambda pairs: both, order, seed=config.seed, **options)
    return build.prepared(data)


def corpus_of(material: Material) -> Corpus:
    """The sentences of all rounds, to train on; the first one stands for what is held out."""
    every = [one for batches in material.rounds for batch in batches for one in batch]
    pairs = [Pair(written(one.source), written(one.target)) for one in every]
    return Corpus(pairs, pairs[:1], {"test": pairs[:1]}, "source", "target")


def written(ids: Sequence[int]) -> str:
    """The ids as a text of numbers."""
    return " ".join(map(str, ids))
