"""What a decoder's loss owes to tokens that come later: with the answer in view, and without."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from whynorm.data.batch import Batch, teacher_forced
from whynorm.data.vocabulary import SPECIAL
from whynorm.probes.edits import Reader
from whynorm.probes.subject import Row, Subject

Seen = Callable[[Batch, int], Batch]


def foresight(subject: Subject, folder: Path, *, seed: int = 0) -> list[Row]:
    """For each mode of the norms three losses of the validation batches, in nats a real token.

    `loss` is the teacher-forced one, for which the whole reference is handed in. For
    `loss_prefix_alone` each token is predicted from a batch that ends before it, as it is when the
    model translates. For `loss_other_words` everything behind the prefix is there, but words are
    drawn from those of the batch, so that lengths stay and the answer is gone. The three are the
    same where a decoder sees what stands before a token alone. Where the first is lower it is what
    the decoder read there; the third tells reading from being used to a sentence's whole length. No
    picture is made.
    """
    model, rules, batches, *_ = subject.examined()
    rows: list[Row] = []
    for training in (True, False):
        reader = Reader(model, rules, training)
        draw = torch.Generator().manual_seed(seed)
        rows.append(
            {
                "norms": "training" if training else "evaluating",
                "loss": mean([whole(reader, batch) for batch in batches]),
                "loss_prefix_alone": mean([stepwise(reader, batch, ended) for batch in batches]),
                "loss_other_words": mean(
                    [stepwise(reader, batch, Redrawn(draw)) for batch in batches]
                ),
            }
        )
    return rows


def mean(losses: Sequence[Float[Tensor, " _"]]) -> float:
    """The mean over the tokens of all batches."""
    return float(torch.cat(list(losses)).mean())


def whole(reader: Reader, batch: Batch) -> Float[Tensor, " token"]:
    """The loss of every real token, all at once."""
    _, _, _, real, labels = teacher_forced(batch)
    return F.cross_entropy(reader(batch)[real], labels[real], reduction="none")


def stepwise(reader: Reader, batch: Batch, seen: Seen) -> Float[Tensor, " token"]:
    """The loss of every real token, each from what is `seen` where it is to be predicted."""
    _, _, _, real, labels = teacher_forced(batch)
    losses = []
    for place in range(real.shape[1]):
        here = real[:, place]
        scores = reader(seen(batch, place))[here, place]
        losses.append(F.cross_entropy(scores, labels[here, place], reduction="none"))
    return torch.cat(losses)


def ended(batch: Batch, place: int) -> Batch:
    """The batch with no target token behind the one that is to be predicted from this place."""
    return batch._replace(target=batch.target[:, : place + 2])


class Redrawn:
    """The batch with other words behind a place, drawn from the target words of the batch."""

    def __init__(self, draw: torch.Generator) -> None:
        self.draw = draw

    def __call__(self, batch: Batch, place: int) -> Batch:
        """From the token on that is to be predicted from this place; ends and padding stay."""
        target = batch.target.clone()
        words = target[target >= SPECIAL]
        later = target >= SPECIAL
        later[:, : place + 1] = False
        chosen = torch.randint(len(words), (int(later.sum()),), generator=self.draw)
        target[later] = words[chosen.to(words.device)]
        return batch._replace(target=target)
