"""Whether runs may be trained at once: tried on what they are about to learn."""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from whynorm.training.module import TranslationModule
from whynorm.training.stacked import Lesson, Stacked
from whynorm.training.stacked_dropout import set_chance

# In double precision, of the largest number that is compared.
TOLERANCE = 1e-10
# Rows and columns; norms and masks that let padding count see these.
MORE_PADDING = 2


def trial(modules: Sequence[TranslationModule], lessons: Sequence[Lesson]) -> str | None:
    """Why the runs cannot be trained at once; None where they can.

    Their first update is computed both ways in double precision, with more padding than the
    batches need, and losses, gradients and buffers are compared. Norms, masks and fills that let
    padding count are found out by that, and so is whatever torch cannot map over runs. The runs
    themselves are left as they were.
    """
    alone = [doubled(module) for module in modules]
    expected = [learnt_alone(*pair) for pair in zip(alone, lessons, strict=True)]
    at_once = [doubled(module) for module in modules]
    doubles = [
        lesson._replace(model=module.model) for module, lesson in zip(at_once, lessons, strict=True)
    ]
    # Whatever fails in there fails for the stack alone: the runs go on by themselves.
    try:
        learnt = Stacked(at_once[0]).learn(doubles, more_padding=MORE_PADDING)
    except Exception as error:
        return f"torch cannot compute them at once ({type(error).__name__}: {str(error)[:200]})"
    for one, lesson, numbers in zip(learnt, doubles, expected, strict=True):
        gradients = [gradient for gradient in one.gradients if gradient is not None]
        found = [*one.losses, *gradients, *lesson.model.buffers()]
        if not equal(found, numbers):
            return "padding moves their numbers, of which batches of several runs need more"
    return None


def doubled(module: TranslationModule) -> TranslationModule:
    """A copy of the run in double precision, that no Trainer knows."""
    return TranslationModule(
        copy.deepcopy(module.model).double().train(),
        module.rules,
        optimizer=module.make_optimizer,
        schedule=module.schedule,
        label_smoothing=module.label_smoothing,
        padding_in_loss=module.padding_in_loss,
    )


def learnt_alone(module: TranslationModule, lesson: Lesson) -> list[Tensor]:
    """Losses, gradients and buffers of a run after it has learnt from its batch by itself."""
    set_chance(lesson.batch.source.device, lesson.chance)
    losses, tokens = module.losses(lesson.batch)
    objective = losses.objective + tokens * module.model.take_penalty()
    learning = [weight for weight in module.model.parameters() if weight.requires_grad]
    gradients = torch.autograd.grad(objective, learning, allow_unused=True)
    known = [gradient for gradient in gradients if gradient is not None]
    return [objective.detach(), losses.loss, *known, *module.model.buffers()]


def equal(found: Sequence[Tensor], expected: Sequence[Tensor]) -> bool:
    """True where all numbers agree but for rounding."""
    if len(found) != len(expected):
        return False
    # A gradient that is 0 but for rounding has no size of its own to be compared with.
    sizes = [number.double().abs().nan_to_num(posinf=0.0).amax() for number in expected]
    near = {"rtol": 0.0, "atol": TOLERANCE * float(torch.stack(sizes).amax()), "equal_nan": True}
    return all(
        torch.allclose(one.double(), other.double(), **near)
        for one, other in zip(found, expected, strict=True)
    )
