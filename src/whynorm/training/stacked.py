"""Many models of one make trained at once: their numbers stacked along an axis of runs."""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.func import functional_call, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from whynorm.data.batch import Batch, teacher_forced
from whynorm.data.vocabulary import END
from whynorm.model.transformer import Transformer
from whynorm.norms.norm import at_least_single
from whynorm.training.loss import TokenLoss
from whynorm.training.module import TranslationModule
from whynorm.training.stacked_dropout import TOLD_APART, Chance, calls, drawn, given
from whynorm.training.stacked_shapes import padded, sizes_of

Numbers = dict[str, Tensor]


class Lesson(NamedTuple):
    """What one run brings: its model, its batch, and the chance that its dropout draws from."""

    model: Transformer
    batch: Batch
    chance: Chance


class Learnt(NamedTuple):
    """What one run takes: sums over so many tokens, and the objective's gradient by parameter.

    The objective includes what norms add to it. The gradient is None where a parameter that
    learns has no part in it.
    """

    losses: TokenLoss
    tokens: int
    gradients: list[Tensor | None]


class Objective(nn.Module):
    """What one run minimises on one batch, as a module whose weights can be exchanged."""

    def __init__(self, module: TranslationModule) -> None:
        super().__init__()
        self.model, self.rules = copy.deepcopy(module.model), module.rules
        self.label_smoothing = module.label_smoothing
        self.padding_in_loss = module.padding_in_loss

    def forward(
        self, source: Int[Tensor, "batch source"], target: Int[Tensor, "batch target"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """The objective and the plain loss, summed over the tokens that count."""
        batch = teacher_forced(Batch(source, target, source[:, 0]))
        masks = self.rules(batch.source_real, batch.real)
        memory = self.model.encode(batch.source, masks)
        scores = self.model.project(self.model.decode(batch.inputs, memory, masks))
        surprise = -at_least_single(scores).log_softmax(-1)
        loss = surprise.gather(-1, batch.labels.unsqueeze(-1)).squeeze(-1)
        objective = torch.lerp(loss, surprise.mean(-1), self.label_smoothing)
        counted = torch.ones_like(batch.real) if self.padding_in_loss else batch.real
        penalty = counted.sum() * self.model.take_penalty()
        return _sum(objective, counted) + penalty, _sum(loss.detach(), counted)


class Stacked:
    """Losses and gradients of many runs at once, each with its own weights, batch and dropout.

    It is made from one of the runs; of the others only the numbers in weights and buffers may
    differ. Batches are padded to a common shape, so all is as it would be alone only where
    padding moves nothing, which `trial` finds out.
    """

    def __init__(self, module: TranslationModule) -> None:
        self.objective = Objective(module).train()
        self.slots = slots(self.objective.model)
        self.device = next(module.model.parameters()).device
        rows, *times = TOLD_APART.values()
        source, inputs = (torch.full((rows, time), END, device=self.device) for time in times)
        target = torch.cat((inputs[:, :1], inputs), dim=1)
        with torch.no_grad():
            self.calls = calls(self.objective, lambda: self.objective(source, target))

    def learn(self, lessons: Sequence[Lesson], *, more_padding: int = 0) -> list[Learnt]:
        """What each run takes from its batch; the buffers of its model move on.

        `more_padding` is added to every axis of the batches, to see what it does.
        """
        models, batches, chances = zip(*lessons, strict=True)
        tokens = self.tokens(batches)
        sizes = [sizes_of(batch) for batch in batches]
        common = {axis: max(one[axis] for one in sizes) + more_padding for axis in TOLD_APART}
        noises = drawn(self.calls, sizes, common, chances, self.device)
        weights, buffers = self.numbers(models)
        with sdpa_kernel(SDPBackend.MATH):  # the fused kernels cannot be mapped
            mapped = vmap(self.of_one)
            found = mapped(weights, buffers, *padded(batches, common), noises)
        objectives, losses, moved = found
        self.keep(models, moved)
        learning = [weight for weight in weights.values() if weight.requires_grad]
        gradients = torch.autograd.grad(objectives.sum(), learning, allow_unused=True)
        return [
            Learnt(
                TokenLoss(objectives[run].detach(), losses[run]),
                tokens[run],
                [None if of_all is None else of_all[run] for of_all in gradients],
            )
            for run in range(len(lessons))
        ]

    def of_one(
        self,
        weights: Numbers,
        buffers: Numbers,
        source: Int[Tensor, "batch source"],
        target: Int[Tensor, "batch target"],
        noises: list[Tensor],
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""], Numbers]:
        """Objective, plain loss and moved buffers of one run; `vmap` hides the axis of runs."""
        numbers = {**weights, **buffers}
        exchanged = {slot: numbers[name] for slot, name in self.slots.items()}
        with given(self.objective, noises):
            # The slots keep tied weights tied: where a module stands in two places, torch's own
            # way puts a wrong one back (seen in torch 2.13).
            sums = functional_call(self.objective, exchanged, (source, target), tie_weights=False)
        return *sums, {name: exchanged[f"model.{name}"] for name in buffers}

    def tokens(self, batches: Sequence[Batch]) -> list[int]:
        """How many tokens the losses of each batch are summed over."""
        if self.objective.padding_in_loss:
            return [batch.target[:, 1:].numel() for batch in batches]
        counts = torch.stack([teacher_forced(batch).real.sum() for batch in batches])
        return counts.tolist()

    def numbers(self, models: Sequence[Transformer]) -> tuple[Numbers, Numbers]:
        """(weights, buffers) by name, each a copy with a first axis of runs; weights learn."""
        own = self.objective.model
        weights = {
            name: torch.stack([value.detach() for value in values]).requires_grad_(
                one.requires_grad
            )
            for (name, one), *values in zip(
                own.named_parameters(), *(model.parameters() for model in models), strict=True
            )
        }
        buffers = {
            name: torch.stack(values)
            for (name, _), *values in zip(
                own.named_buffers(), *(model.buffers() for model in models), strict=True
            )
        }
        return weights, buffers

    @torch.no_grad()
    def keep(self, models: Sequence[Transformer], moved: Numbers) -> None:
        """Put the moved buffers into the models that they are of."""
        for run, model in enumerate(models):
            for buffer, newest in zip(model.buffers(), moved.values(), strict=True):
                buffer.copy_(newest[run])


def slots(model: nn.Module) -> dict[str, str]:
    """Every place of a weight or buffer, as an Objective names it, and its name in the model.

    What stands in several places has the name of the first.
    """
    names: dict[int, str] = {}
    found: dict[str, str] = {}
    for place, module in model.named_modules(prefix="model"):
        for own in (module.named_parameters, module.named_buffers):
            for slot, number in own(place, recurse=False):
                found[slot] = names.setdefault(id(number), slot.removeprefix("model."))
    return found


def _sum(x: Float[Tensor, "batch time"], counted: Bool[Tensor, "batch time"]) -> Float[Tensor, ""]:
    return torch.where(counted, x, 0.0).sum()
