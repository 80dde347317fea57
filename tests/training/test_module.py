import math

import pytest
import torch

from tests.training.tiny import (
    always_one,
    loader,
    paper_rules,
    tiny_batch,
    tiny_model,
    tiny_module,
    tiny_trainer,
    weights_after,
)
from whynorm.data.batch import Batch
from whynorm.data.vocabulary import PAD
from whynorm.norms.batch import BatchNorm
from whynorm.training.loss import token_loss
from whynorm.training.module import TranslationModule

SHORT = [[4]]
LONG = [[5, 6, 7, 8, 9, 10], [9, 8, 4, 6, 7, 5], [4, 5, 6, 7]]


def gradients(module: TranslationModule, batch: Batch) -> torch.Tensor:
    module.model.zero_grad()
    token_loss(*module(batch), label_smoothing=0.1).objective.backward()
    return torch.cat([p.grad.flatten() for p in module.model.parameters() if p.grad is not None])


def test_accumulating_two_unequal_batches_equals_one_batch_that_holds_both() -> None:
    batches = [tiny_batch(SHORT), tiny_batch(LONG)]
    apart = weights_after(tiny_module(), batches, accumulate_grad_batches=2)
    together = weights_after(tiny_module(), [tiny_batch(SHORT + LONG)])
    torch.testing.assert_close(apart, together, atol=1e-6, rtol=0)


@pytest.mark.parametrize("padding", [False, True])
def test_the_loss_of_training_and_its_gradients_equal_the_plain_path_s(padding: bool) -> None:
    module, batch = tiny_module(tiny_model().double()), tiny_batch(SHORT + LONG)
    module.padding_in_loss = padding
    plain = token_loss(*module(batch, padding=padding), label_smoothing=0.1)
    expected = torch.autograd.grad(plain.objective, list(module.model.parameters()))
    losses, _ = module.losses(batch)
    found = torch.autograd.grad(losses.objective, list(module.model.parameters()))
    torch.testing.assert_close((losses.objective, losses.loss), (plain.objective, plain.loss))
    torch.testing.assert_close(found, expected, atol=1e-10, rtol=1e-10)


def test_a_window_cut_short_by_the_end_of_an_epoch_is_as_exact() -> None:
    cut = weights_after(tiny_module(), [tiny_batch(LONG)], accumulate_grad_batches=4)
    whole = weights_after(tiny_module(), [tiny_batch(LONG)])
    torch.testing.assert_close(cut, whole, atol=1e-6, rtol=0)


def test_an_update_follows_the_gradient_of_the_mean_loss_per_token() -> None:
    module, reference = tiny_module(), tiny_module()
    before = torch.cat([p.detach().flatten() for p in module.model.parameters()])
    tokens = sum(len(words) + 1 for words in LONG)
    expected = before - gradients(reference, tiny_batch(LONG)) / tokens
    torch.testing.assert_close(weights_after(module, [tiny_batch(LONG)]), expected)


def test_gradients_are_clipped_after_they_are_divided_by_the_tokens() -> None:
    free, clipped = tiny_module(), tiny_module()
    before = torch.cat([p.detach().flatten() for p in free.model.parameters()])
    step = before - weights_after(free, [tiny_batch(LONG)])
    short = before - weights_after(clipped, [tiny_batch(LONG)], gradient_clip_val=0.01)
    torch.testing.assert_close(short, step * (0.01 / step.norm()), atol=1e-6, rtol=1e-3)


def test_a_gradient_below_the_clip_is_left_alone() -> None:
    free = weights_after(tiny_module(), [tiny_batch(LONG)])
    clipped = weights_after(tiny_module(), [tiny_batch(LONG)], gradient_clip_val=1e6)
    assert torch.equal(free, clipped)


def test_clipping_by_value_is_refused() -> None:
    trainer = {"gradient_clip_val": 1.0, "gradient_clip_algorithm": "value"}
    with pytest.raises(ValueError, match="cannot be clipped by value; use norm"):
        weights_after(tiny_module(), [tiny_batch(LONG)], **trainer)


@pytest.mark.parametrize("norm", ["layer", "batch over real tokens"])
def test_more_padding_changes_neither_loss_nor_gradients(norm: str) -> None:
    module = tiny_module(tiny_model() if norm == "layer" else tiny_model(BatchNorm))
    tight, loose = tiny_batch(LONG), tiny_batch(LONG, padding=5)
    torch.testing.assert_close(gradients(module, loose), gradients(module, tight))


def test_padding_on_the_left_trains_like_padding_on_the_right() -> None:
    module = tiny_module()
    left, right = tiny_batch(LONG, left=True), tiny_batch(LONG)
    torch.testing.assert_close(gradients(module, left), gradients(module, right))


@pytest.mark.parametrize("left", [False, True])
def test_every_target_token_but_the_first_is_a_label_once(left: bool) -> None:
    _, labels = tiny_module()(tiny_batch(LONG, padding=2, left=left))
    words = [word for sentence in LONG for word in [*sentence, 3]]
    assert labels.tolist() == words


def test_the_validation_loss_is_a_mean_over_tokens_not_over_batches() -> None:
    module, trainer = tiny_module(), tiny_trainer()
    apart = trainer.validate(module, loader(tiny_batch(SHORT), tiny_batch(LONG)), verbose=False)[0]
    together = trainer.validate(module, loader(tiny_batch(SHORT + LONG)), verbose=False)[0]
    assert apart == pytest.approx(together, rel=1e-6)


def test_the_validation_loss_is_free_of_label_smoothing() -> None:
    module = tiny_module(label_smoothing=0.5)
    logits, labels = module(tiny_batch(LONG))
    expected = torch.nn.functional.cross_entropy(logits, labels).item()
    metrics = tiny_trainer().validate(module, loader(tiny_batch(LONG)), verbose=False)[0]
    assert metrics["val/loss"] == pytest.approx(expected)


def test_perplexity_is_the_exponential_of_the_loss() -> None:
    metrics = tiny_trainer().validate(tiny_module(), loader(tiny_batch(LONG)), verbose=False)[0]
    assert metrics["val/perplexity"] == pytest.approx(math.exp(metrics["val/loss"]))


def test_a_diverged_model_has_no_finite_validation_loss() -> None:
    module = tiny_module()
    with torch.no_grad():
        module.model.embedding.target_table.weight[5] = math.nan
    metrics = tiny_trainer().validate(module, loader(tiny_batch(LONG)), verbose=False)[0]
    assert math.isnan(metrics["val/loss"])


def test_each_test_set_is_measured_under_its_name() -> None:
    module = TranslationModule(
        tiny_model(),
        paper_rules(),
        optimizer=torch.optim.Adam,
        schedule=always_one,
        test_sets=["near", "far"],
    )
    sets = [loader(tiny_batch(SHORT)), loader(tiny_batch(LONG))]
    logged = tiny_trainer().test(module, sets, verbose=False)[0]
    alone = tiny_trainer().validate(module, loader(tiny_batch(LONG)), verbose=False)[0]
    assert logged["test/far/loss"] == pytest.approx(alone["val/loss"])


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.0])
def test_label_smoothing_outside_its_range_is_refused(label_smoothing: float) -> None:
    with pytest.raises(ValueError, match=f"label_smoothing={label_smoothing} is no share"):
        tiny_module(label_smoothing=label_smoothing)


@pytest.mark.long
def test_a_few_pairs_are_learnt_by_heart() -> None:
    module = tiny_module(rate=5e-3, optimizer=torch.optim.Adam, label_smoothing=0.0)
    trainer = tiny_trainer(max_epochs=80)
    trainer.fit(module, loader(tiny_batch(LONG)), loader(tiny_batch(LONG)))
    assert trainer.callback_metrics["val/accuracy"] == 1


def test_padding_takes_no_part_in_the_loss_unless_it_is_asked_to() -> None:
    module, padded = tiny_module(), tiny_batch(SHORT + LONG)
    real, every = module(padded)[1], module(padded, padding=True)[1]
    assert PAD not in real
    assert len(every) - len(real) == int((padded.target[:, 1:] == PAD).sum())


def test_the_weights_learn_padding_only_where_it_is_in_the_loss() -> None:
    padded = tiny_batch(SHORT + LONG)
    without = weights_after(tiny_module(), [padded])
    counting = tiny_module()
    counting.padding_in_loss = True
    assert not torch.allclose(weights_after(counting, [padded]), without)


def test_padding_in_the_metrics_changes_the_validation_loss_but_not_the_weights() -> None:
    padded = tiny_batch(SHORT + LONG)
    found, weights = [], []
    for padding in (False, True):
        module = tiny_module()
        module.padding_in_metrics = padding
        weights.append(weights_after(module, [padded]))
        trainer = tiny_trainer()
        trainer.validate(module, loader(padded), verbose=False)
        found.append(float(trainer.callback_metrics["val/loss"]))
    assert torch.equal(*weights)
    assert found[0] != found[1]
