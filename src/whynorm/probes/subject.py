"""What a probe examines: norms by themselves, or a model with its masks and some batches."""

from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

from annotated_types import Ge, Gt, Le
from jaxtyping import Float
from torch import Tensor

from whynorm.data.batch import Batch, teacher_forced
from whynorm.masks.fill import Fill
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm


class Unanswerable(ValueError):
    """A probe was asked what it cannot answer; the message says why and what to do."""


MakeNorm = Callable[[int], Norm]


class Examined(NamedTuple):
    """A model, trained or at its first weights, with what it is shown.

    `batches` are of the validation set, padded as in training; `training_batches` of the training
    set. `source_words` and `target_words` turn ids into text, one piece an id.
    """

    model: Transformer
    rules: Rules
    batches: Sequence[Batch]
    training_batches: Sequence[Batch]
    source_words: Callable[[Sequence[int]], list[str]]
    target_words: Callable[[Sequence[int]], list[str]]


class Subject(NamedTuple):
    """All that a probe may ask for.

    `examined` prepares data and model when it is called; `norm_of` makes another norm from the
    words that choose it on the command line.
    """

    title: str
    norm: MakeNorm
    decoder_norm: MakeNorm
    rules: Rules
    fill: Fill
    d_model: int
    examined: Callable[[], Examined]
    norm_of: Callable[[str], MakeNorm]


# What the options of probes may be; told to the user before anything is measured.
AtLeastOne = Annotated[int, Ge(1)]
NotNegative = Annotated[float, Ge(0)]
Share = Annotated[float, Gt(0), Le(1)]

Row = dict[str, str | int | float | bool]


def logits(
    model: Transformer, rules: Rules, batch: Batch
) -> Float[Tensor, "batch target vocabulary"]:
    """The teacher-forced scores of every position of a batch, in the model's own mode."""
    source, source_real, inputs, real, _ = teacher_forced(batch)
    return model(source, inputs, rules(source_real, real))
