"""What norms add to the loss is added once a token, and to training alone."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor

from tests.training.tiny import loader, tiny_batch, tiny_model, tiny_module, tiny_trainer
from whynorm.data.batch import Batch
from whynorm.norms.batch import BatchNorm
from whynorm.norms.regularized_batch import RegularizedBatchNorm
from whynorm.training.loss import token_loss
from whynorm.training.module import TranslationModule

SENTENCES = [[4, 5, 6], [7, 8, 9, 10, 11], [5]]
Penalised = partial(RegularizedBatchNorm, mean_penalty=0.7, variance_penalty=0.1)


def trained(batches: Sequence[Batch], **options: object) -> list[Tensor]:
    """The weights after one epoch of plain gradient descent."""
    module = tiny_module(tiny_model(Penalised), rate=0.1)
    tiny_trainer(**options).fit(module, loader(*batches))
    return [p.detach() for p in module.model.parameters()]


def module_of(norm: type[BatchNorm] | partial[RegularizedBatchNorm]) -> TranslationModule:
    return tiny_module(tiny_model(norm), rate=0.1)


def test_an_update_follows_the_mean_loss_plus_the_penalty() -> None:
    batch, module = tiny_batch(SENTENCES), module_of(Penalised)
    logits, labels = module(batch)
    objective = token_loss(logits, labels, label_smoothing=0.1).objective / len(labels)
    total = objective + module.model.take_penalty()
    weights = list(module.model.parameters())
    gradients = torch.autograd.grad(total, weights)
    expected = [w.detach() - 0.1 * g for w, g in zip(weights, gradients, strict=True)]
    torch.testing.assert_close(trained([batch]), expected)


def test_the_penalty_changes_the_update() -> None:
    plain = module_of(BatchNorm)
    tiny_trainer().fit(plain, loader(tiny_batch(SENTENCES)))
    ours = trained([tiny_batch(SENTENCES)])
    theirs = [p.detach() for p in plain.model.parameters()]
    assert max(float((a - b).abs().max()) for a, b in zip(ours, theirs, strict=True)) > 1e-3


def test_a_penalty_is_taken_once() -> None:
    module = module_of(Penalised)
    module(tiny_batch(SENTENCES))
    assert float(module.model.take_penalty().detach()) > 0
    assert float(module.model.take_penalty()) == 0


def test_evaluating_leaves_no_penalty_behind() -> None:
    module = module_of(Penalised).eval()
    module(tiny_batch(SENTENCES))
    assert float(module.model.take_penalty()) == 0


def test_a_norm_that_has_a_penalty_can_be_copied() -> None:
    import copy

    module = module_of(Penalised)
    module(tiny_batch(SENTENCES))
    assert float(copy.deepcopy(module.model).take_penalty()) == 0
