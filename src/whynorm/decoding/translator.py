"""Translating texts: from lines to ids, through the model in sorted batches, and back."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

import torch

from whynorm.data.batch import pad
from whynorm.data.sampler import rounded_up
from whynorm.data.vocabulary import Vocabularies
from whynorm.decoding.search import Hypothesis, Search, longest, translate
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer


class Translation(NamedTuple):
    """A translated text, with the ids that the model read and wrote (without BEGIN and END).

    `score` and `ended` are the hypothesis's own.
    """

    text: str
    score: float
    ended: bool
    source_ids: list[int]
    target_ids: list[int]


@contextmanager
def evaluating(model: torch.nn.Module) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards each module has its own mode back."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.inference_mode():
            yield
    finally:
        for module, training in modes:
            module.training = training


class Translator:
    """Translates texts, one output per input and in the same order.

    A blank line becomes "". A line of more than `maximum_length` tokens (or than the model has
    learnt positions for) is cut there, and a warning counts such lines. Batches are padded to a
    multiple of `length_multiple` positions, as those of training are. Words that the vocabulary
    does not hold are its own business.
    """

    def __init__(
        self,
        model: Transformer,
        rules: Rules,
        vocabularies: Vocabularies,
        *,
        search: Search,
        sentences_per_batch: int = 64,
        maximum_length: int = 256,
        padding_side: Literal["right", "left"] = "right",
        length_multiple: int = 1,
    ) -> None:
        if sentences_per_batch < 1:
            raise ValueError(
                f"sentences_per_batch={sentences_per_batch} translates nothing; choose 1 or more"
            )
        if maximum_length < 1:
            raise ValueError(f"maximum_length={maximum_length} cuts every line; choose 1 or more")
        self.model, self.rules, self.vocabularies = model, rules, vocabularies
        self.search, self.sentences_per_batch = search, sentences_per_batch
        reach = longest(model.embedding.source_positions)
        self.maximum_length: int = maximum_length if reach is None else min(maximum_length, reach)
        self.padding_side: Literal["right", "left"] = padding_side
        self.length_multiple = length_multiple

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The best translation of each text."""
        return [translations[0].text for translations in self.alternatives(texts)]

    def alternatives(self, texts: Sequence[str]) -> list[list[Translation]]:
        """The translations of each text that the search found, best first; at least one."""
        sources = self.encode(texts)
        found = [[Translation("", 0.0, True, [], [])] for _ in texts]
        with evaluating(self.model):
            for numbers in self._batches(sources):
                rows = [sources[number] for number in numbers]
                for number, hypotheses in zip(numbers, self._hypotheses(rows), strict=True):
                    found[number] = [self._text(sources[number], one) for one in hypotheses]
        return found

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids that the model reads for each text, cut where too long; none for a blank one."""
        sources = [self.vocabularies.source.encode(text) if text.strip() else [] for text in texts]
        cut = sum(len(ids) > self.maximum_length for ids in sources)
        if cut:
            warnings.warn(
                f"{cut} of {len(texts)} lines are longer than {self.maximum_length} tokens and "
                "are translated only up to there",
                stacklevel=2,
            )
        return [ids[: self.maximum_length] for ids in sources]

    def _batches(self, sources: list[list[int]]) -> list[list[int]]:
        """Numbers of the sentences that are not blank, the longest first."""
        numbers = sorted(
            (number for number, ids in enumerate(sources) if ids),
            key=lambda number: -len(sources[number]),
        )
        size = self.sentences_per_batch
        return [numbers[at : at + size] for at in range(0, len(numbers), size)]

    def _hypotheses(self, rows: list[list[int]]) -> list[list[Hypothesis]]:
        device = next(self.model.parameters()).device
        length = rounded_up(max(map(len, rows)), self.length_multiple)
        source_ids = pad(rows, self.padding_side, length=length).to(device)
        return translate(self.model, self.rules, source_ids, search=self.search)

    def _text(self, source_ids: list[int], hypothesis: Hypothesis) -> Translation:
        ids, score, ended = hypothesis
        return Translation(self.vocabularies.target.decode(ids), score, ended, source_ids, ids)
