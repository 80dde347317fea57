"""Free-running translation of validation sentences during training."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytorch_lightning as pl
import torch.distributed

from whynorm.data.corpus import Pair
from whynorm.decoding.scores import corpus_scores
from whynorm.training.sharding import gathered


class Sample(NamedTuple):
    """A translated validation sentence beside its reference."""

    source: str
    reference: str
    translation: str


class ValidationTranslation(pl.Callback):
    """Translates validation sentences at every validation; logs val/bleu and val/exact_match.

    Teacher-forced loss is blind to leaks of the answer, and this is not. `translate` is e.g. a
    greedy Translator's method; ranks share the sentences. `samples` holds the first three
    translations of the newest validation.
    """

    def __init__(
        self,
        translate: Callable[[list[str]], list[str]],
        pairs: Sequence[Pair],
        *,
        lower_case: bool = False,
    ) -> None:
        self.translate, self.pairs, self.lower_case = translate, list(pairs), lower_case
        self.samples: list[Sample] = []

    def on_validation_batch_start(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        batch: object,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Translate and score, once, while the weights are those that are validated.

        A moving average swaps weights when a validation epoch starts and ends: not here.
        """
        if batch_idx or not self.pairs or trainer.sanity_checking:
            return
        with gathered(pl_module):
            translations = self._of_all_ranks(trainer)
        references = [pair.target for pair in self.pairs]
        scores = corpus_scores(translations, references, lower_case=self.lower_case)
        rows = zip(self.pairs[:3], translations, strict=False)
        self.samples = [Sample(*pair, translation) for pair, translation in rows]
        for name in ("bleu", "exact_match"):
            score = float(scores[name])
            pl_module.log(f"val/{name}", score, on_epoch=True, batch_size=1, sync_dist=True)

    def _of_all_ranks(self, trainer: pl.Trainer) -> list[str]:
        """Every sentence's translation, each made by one rank, in the order of the pairs."""
        world = trainer.world_size
        own = [pair.source for pair in self.pairs[trainer.global_rank :: world]]
        shares: list[list[str]] = [[] for _ in range(world)]
        if world == 1:
            return self.translate(own)
        torch.distributed.all_gather_object(shares, self.translate(own))
        return [shares[number % world][number // world] for number in range(len(self.pairs))]
