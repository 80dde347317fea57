"""Which inputs move one output, by gradient and by editing: of a norm, and of a whole model."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Literal, NamedTuple, TypeVar

import numpy
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional as F

from whynorm.data.batch import Batch, teacher_forced
from whynorm.data.vocabulary import PAD
from whynorm.masks.paper import Rules
from whynorm.model.dropout import Dropout
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import Norm
from whynorm.probes.subject import AtLeastOne, Examined, Row, Subject
from whynorm.results.cards import word
from whynorm.results.cubes import TokenGrid, draw_tokens

By = Literal["editing", "gradient"]
WAYS: tuple[By, ...] = ("editing", "gradient")
MODES = {"training": True, "evaluating": False}
FAR = 1e3
# In double precision what does not depend comes out equal to the last bit, or nearly.
LEAST = 1e-12
Module = TypeVar("Module", bound=nn.Module)


def moved(
    output: Callable[[Tensor], Tensor], x: Tensor, axes: int, *, by: By, far: float = FAR
) -> Float[Tensor, "..."]:
    """How far each input moves the output: x's first `axes` axes number the inputs.

    By editing, an input is lifted and lowered by `far` and more, so that a minimum and a maximum
    show too; the larger change counts. By gradient, it is the largest derivative of a weighted
    sum of the output: unequal weights, as the plain sum of a normalised vector may be constant.
    """
    if by == "gradient":
        leaf = x.detach().clone().requires_grad_()
        y = output(leaf)
        weighted = (y * torch.linspace(1, 2, y.numel(), dtype=y.dtype).view(y.shape)).sum()
        [slope] = torch.autograd.grad(weighted, leaf, allow_unused=True, materialize_grads=True)
        return slope.abs().reshape(*x.shape[:axes], -1).amax(-1)
    with torch.no_grad():
        before, found = output(x), x.new_zeros(x.shape[:axes])
        for index in numpy.ndindex(*found.shape):
            edits = (edited(x, index, sign * far) for sign in (1, -1))
            found[index] = torch.stack([change(output(edit), before) for edit in edits]).max()
    return found


def edited(x: Tensor, index: tuple[int, ...], by: float) -> Tensor:
    """A copy in which one input is moved: a number by `by`, a vector's features by up to twice."""
    copy = x.clone()
    copy[index] += by * torch.linspace(1, 2, x[index].numel(), dtype=x.dtype).view_as(x[index])
    return copy


def change(after: Tensor, before: Tensor) -> Tensor:
    """The largest difference; infinite where one of the two is not a number."""
    lost = after.isnan() != before.isnan()
    return (after - before).abs().nan_to_num(0.0).masked_fill(lost, torch.inf).amax()


def fresh(module: Module) -> Module:
    """A copy with a state of its own: what it remembers may drift, the original's stays."""
    return deepcopy(module, {id(weight): weight for weight in module.parameters()})


def depends(
    norm: Norm,
    x: Float[Tensor, "batch time feature"],
    real: Bool[Tensor, "batch time"],
    cell: tuple[int, ...],
    *,
    by: By = "editing",
) -> Bool[Tensor, "batch time feature"]:
    """True at every number of x that moves the output at `cell`, in the norm's own mode.

    `cell` is one number (batch, time, feature) or one token (batch, time).
    """
    precise = deepcopy(norm).double()
    return moved(lambda x: fresh(precise)(x, real)[cell], x.double(), 3, by=by) > LEAST


def kinds(
    real: Bool[Tensor, "batch time"], token: tuple[int, int]
) -> dict[str, Bool[Tensor, "batch time"]]:
    """The positions that are past (and the token itself), future, padding, other sentences."""
    own = torch.arange(len(real))[:, None] == token[0]
    later = torch.arange(real.shape[1]) > token[1]
    past, future, others = own & real & ~later, own & real & later, ~own & real
    return {"past": past, "future": future, "padding": ~real, "others": others}


class Reach(NamedTuple):
    """How far each source and each target token moves the scores at one target position."""

    source: Float[Tensor, "batch source"]
    target: Float[Tensor, "batch target"]


def reach(
    model: Transformer, rules: Rules, batch: Batch, place: tuple[int, int], *, by: By
) -> Reach:
    """The reach of every embedded token to `place`; edits are ten times as large as embeddings."""
    source, source_real, inputs, real, _ = teacher_forced(batch)
    masks = rules(source_real, real)

    def scores(source: Tensor, target: Tensor) -> Tensor:
        copy = fresh(model) if model.training else model
        memory = copy.decoder.remember(copy.encoder(source, masks))
        return copy.project(copy.decoder(target, masks, memory))[place]

    with torch.no_grad():
        a = model.embedding.source(source, source_real)
        b = model.embedding.target(inputs, real)
    return Reach(
        moved(lambda x: scores(x, b), a, 2, by=by, far=10 * float(a.std())),
        moved(lambda x: scores(a, x), b, 2, by=by, far=10 * float(b.std())),
    )


def still(model: Transformer, *, training: bool) -> Transformer:
    """A copy in double precision and in this mode, without dropout."""
    copy = deepcopy(model).double().train(training)
    for module in copy.modules():
        if isinstance(module, Dropout):
            module.p = 0.0
    return copy


def dependency(subject: Subject, folder: Path, *, sentences: AtLeastOne = 4) -> list[Row]:
    """Which tokens move the scores at one target position, and a picture of them.

    Some sentences of the first validation batch are shown, the shortest and the longest among
    them; the position is the middle of the second shortest.
    """
    examined, rows, grids = subject.examined(), list[Row](), list[TokenGrid]()
    batch, place = shown(examined.batches[0], sentences)
    for mode, training in MODES.items():
        model = still(examined.model, training=training)
        for by in WAYS:
            found = reach(model, examined.rules, batch, place, by=by)
            rows += [{"mode": mode, "by": by, **row} for row in report(found, batch, place)]
            grids += pictures(mode, found, batch, place, examined) if by == "editing" else []
    draw_tokens(grids, folder / "dependency")
    return rows


def shown(batch: Batch, sentences: int) -> tuple[Batch, tuple[int, int]]:
    """At most so many sentences of a batch, shortest first and some padded, and the position.

    Where there is no padding, two columns of it are added.
    """
    order = (batch.target != PAD).sum(1).argsort(stable=True)
    rows = order[torch.linspace(0, len(order) - 1, min(sentences, len(order))).long()]
    sides = (ids[rows] for ids in (batch.source, batch.target))
    source, target = (ids if PAD in ids else F.pad(ids, (0, 2), value=PAD) for ids in sides)
    cut, row = Batch(source, target, batch.index[rows]), min(1, len(rows) - 1)
    places = teacher_forced(cut).real[row].nonzero().flatten().tolist()
    return cut, (row, places[(len(places) - 1) // 2])


def report(found: Reach, batch: Batch, place: tuple[int, int]) -> list[Row]:
    """Whether, and how far, each kind of input moves the scores."""
    _, source_real, _, real, _ = teacher_forced(batch)
    source, target = kinds(source_real, (place[0], source_real.shape[1])), kinds(real, place)
    others = torch.cat((found.source[source["others"]], found.target[target["others"]]))
    reaches = {
        "own past": found.target[target["past"]],
        "own future": found.target[target["future"]],
        "padding of target": found.target[target["padding"]],
        "source": found.source[source["past"]],
        "padding of source": found.source[source["padding"]],
        "other sentences": others,
    }
    return [
        {"inputs": name, "depends": word(x > LEAST), "largest change": float(f"{x:.3g}")}
        for name, x in ((name, max(x.tolist(), default=0.0)) for name, x in reaches.items())
    ]


def pictures(
    mode: str, found: Reach, batch: Batch, place: tuple[int, int], examined: Examined
) -> list[TokenGrid]:
    """The source's and the target's tokens, those that move the scores marked."""
    source, source_real, inputs, real, _ = teacher_forced(batch)
    sides = (
        ("source", examined.source_words, source, found.source, source_real, None),
        ("target", examined.target_words, inputs, found.target, real, place),
    )
    return [
        TokenGrid(
            f"{mode}: {side}", [*map(spell, ids.tolist())], x.numpy() > LEAST, kept.numpy(), marked
        )
        for side, spell, ids, x, kept, marked in sides
    ]
