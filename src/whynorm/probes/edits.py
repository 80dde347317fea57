"""Edits of a batch that a translation must not notice, each as scores before and after."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from whynorm.data.batch import Batch, teacher_forced
from whynorm.data.vocabulary import PAD, SPECIAL
from whynorm.masks.paper import Masks, Rules
from whynorm.model.transformer import Transformer
from whynorm.probes.snapshot import held
from whynorm.probes.subject import logits


@dataclass(frozen=True)
class Reader:
    """Reads batches without dropout, norms in one mode, from the same statistics every time."""

    model: Transformer
    rules: Rules
    training: bool

    @torch.no_grad()
    def __call__(self, batch: Batch) -> Float[Tensor, "batch target vocabulary"]:
        """The scores of every position."""
        with held(self.model, training=self.training):
            return logits(self.model, self.rules, batch).float()

    def real(self, batch: Batch) -> Float[Tensor, "token vocabulary"]:
        """The scores of the real positions, sentence after sentence."""
        return self(batch)[teacher_forced(batch).real]


Pair = tuple[Float[Tensor, "token vocabulary"], Float[Tensor, "token vocabulary"]]
Edit = Callable[[Reader, Batch], Iterator[Pair]]


def later_edited(reader: Reader, batch: Batch, *, sentences: int, positions: int) -> Iterator[Pair]:
    """Scores of the positions before a target token, before and after it is another word."""
    before, real = reader(batch), teacher_forced(batch).real
    time = torch.arange(real.shape[1], device=real.device)
    for sentence in places(len(real), sentences):
        later = real[sentence].nonzero().flatten()[1:].tolist()
        for place in (later[choice] for choice in places(len(later), positions)):
            earlier = real[sentence] & (time < place)
            after = reader(another_word(batch, sentence, place, before.shape[-1]))
            yield before[sentence, earlier], after[sentence, earlier]


def places(count: int, wanted: int) -> list[int]:
    """So many of `count` things as are wanted, evenly spread from the first to the last."""
    chosen = torch.linspace(0, count - 1, min(count, wanted)).round().long()
    return sorted(set(chosen.tolist()))


def another_word(batch: Batch, sentence: int, place: int, vocabulary: int) -> Batch:
    """The batch with one target word replaced by the one half the vocabulary away."""
    words = vocabulary - SPECIAL
    target = batch.target.clone()
    moved = target[sentence, place] - SPECIAL + max(words // 2, 1)
    target[sentence, place] = moved % words + SPECIAL
    return batch._replace(target=target)


def padded(reader: Reader, batch: Batch, *, columns: int, side: str) -> Iterator[Pair]:
    """Scores before and after so many columns of padding are added to source and target."""
    yield reader.real(batch), reader.real(more_padding(batch, columns, side))


def more_padding(batch: Batch, columns: int, side: str) -> Batch:
    """The batch with columns of padding on one side."""
    width = (0, columns) if side == "right" else (columns, 0)
    source, target = (F.pad(ids, width, value=PAD) for ids in (batch.source, batch.target))
    return batch._replace(source=source, target=target)


def trimmed(reader: Reader, batch: Batch) -> Iterator[Pair]:
    """Scores of the shorter sentences, at the width of their batch and at their own.

    They are read without the longest of their batch both times, so that padding alone changes.
    """
    lengths = [(ids != PAD).sum(1) for ids in (batch.source, batch.target)]
    shorter = torch.stack([length < length.max() for length in lengths]).all(0)
    if shorter.any():
        wide = Batch(*(part[shorter] for part in batch))
        yield reader.real(wide), reader.real(trim(wide))


def trim(batch: Batch) -> Batch:
    """The batch without the columns that hold nothing but padding."""
    source, target = (ids[:, (ids != PAD).any(0)] for ids in (batch.source, batch.target))
    return batch._replace(source=source, target=target)


def alone(reader: Reader, batch: Batch, *, sentences: int) -> Iterator[Pair]:
    """Scores of a sentence in its batch, and by itself without padding."""
    before, real = reader(batch), teacher_forced(batch).real
    for sentence in places(len(real), sentences):
        single = trim(Batch(*(part[sentence : sentence + 1] for part in batch)))
        yield before[sentence, real[sentence]], reader.real(single)


def mates_swapped(reader: Reader, batch: Batch, *, sentences: int, seed: int) -> Iterator[Pair]:
    """Scores of a sentence beside its own mates, and beside random ones of their lengths."""
    draw = torch.Generator().manual_seed(seed)
    before, real = reader(batch), teacher_forced(batch).real
    for sentence in places(len(real), sentences) if len(real) > 1 else []:
        after = reader(other_mates(batch, sentence, reader, draw))
        yield before[sentence, real[sentence]], after[sentence, real[sentence]]


def other_mates(batch: Batch, sentence: int, reader: Reader, draw: torch.Generator) -> Batch:
    """The batch with the words of all sentences but one drawn anew from the vocabulary."""
    tables = reader.model.embedding.source_table, reader.model.embedding.target_table
    sides = []
    for ids, table in zip((batch.source, batch.target), tables, strict=True):
        drawn = torch.randint(SPECIAL, table.num_embeddings, ids.shape, generator=draw)
        words = ids >= SPECIAL
        words[sentence] = False
        sides.append(torch.where(words, drawn.to(ids.device), ids))
    return batch._replace(source=sides[0], target=sides[1])


def poisoned(
    reader: Reader, batch: Batch, *, columns: int, size: float, seed: int
) -> Iterator[Pair]:
    """Scores before and after large noise takes the place of what stands where nothing is real.

    That is the vectors of padding and of the ends of shorter sentences, as they enter the stacks.
    """
    draw = torch.Generator().manual_seed(seed)
    wide = more_padding(batch, columns, "right")
    clean = reader.real(wide)

    def poison(
        stack: nn.Module, given: tuple[Tensor, Masks, *tuple[object, ...]]
    ) -> tuple[object, ...]:
        x, masks, *rest = given
        real = masks.source if stack is reader.model.encoder else masks.target
        noise = size * torch.randn(x.shape, generator=draw).to(x)
        return (torch.where(real.unsqueeze(-1), x, noise), masks, *rest)

    stacks = (reader.model.encoder, reader.model.decoder)
    hooks = [stack.register_forward_pre_hook(poison) for stack in stacks]
    try:
        dirty = reader.real(wide)
    finally:
        for hook in hooks:
            hook.remove()
    yield clean, dirty
