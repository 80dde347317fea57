import pytest
import torch

from tests.training.tiny import loader, tiny_batch, tiny_module, tiny_trainer
from whynorm.training.loss import token_loss

SHORT = [[4]]
LONG = [[5, 6, 7, 8, 9, 10], [9, 8, 4, 6, 7, 5], [4, 5, 6, 7]]


def test_the_logged_gradient_norm_is_that_of_the_update() -> None:
    module = tiny_module()
    before = torch.cat([p.detach().flatten() for p in module.model.parameters()])
    trainer = tiny_trainer()
    trainer.fit(module, loader(tiny_batch(LONG)))
    after = torch.cat([p.detach().flatten() for p in module.model.parameters()])
    torch.testing.assert_close(
        trainer.callback_metrics["train/gradient_norm"], (after - before).norm()
    )


def test_the_training_loss_is_free_of_label_smoothing_and_the_objective_is_not() -> None:
    module, trainer = tiny_module(label_smoothing=0.5), tiny_trainer()
    losses = token_loss(*module(tiny_batch(LONG)), label_smoothing=0.5)
    trainer.fit(module, loader(tiny_batch(LONG)))
    found = [trainer.callback_metrics[f"train/{name}"] for name in ("objective", "loss")]
    torch.testing.assert_close(torch.stack(found), torch.stack(losses).detach() / 19)


def test_logged_training_losses_are_means_over_tokens_since_the_last_were_logged() -> None:
    module, trainer = tiny_module(rate=0.0), tiny_trainer(log_every_n_steps=2)
    trainer.fit(module, loader(tiny_batch(SHORT), tiny_batch(LONG)))
    expected = token_loss(*module(tiny_batch(SHORT + LONG))).loss / 21
    torch.testing.assert_close(trainer.callback_metrics["train/loss"], expected)


def test_target_tokens_are_those_learnt_from_since_the_first_update() -> None:
    trainer = tiny_trainer(max_epochs=3)
    trainer.fit(tiny_module(), loader(tiny_batch(LONG)))
    assert trainer.callback_metrics["data/target_tokens"] == 3 * 19


def test_the_padding_share_counts_source_and_target() -> None:
    trainer = tiny_trainer()
    trainer.fit(tiny_module(), loader(tiny_batch([[4, 5, 6], [4]])))
    # 4 + 2 of 8 source positions hold a token, and 4 + 2 of the 8 that predict one have one to.
    assert trainer.callback_metrics["data/padding_share"] == pytest.approx(4 / 16)


def test_the_first_update_already_has_the_rate_of_the_schedule() -> None:
    module = tiny_module(rate=2.0, schedule=lambda update, total: 0.25 * update)
    trainer = tiny_trainer()
    trainer.fit(module, loader(tiny_batch(LONG)))
    assert trainer.callback_metrics["optimizer/learning_rate"] == 0.5


def test_the_schedule_knows_the_number_of_all_updates() -> None:
    seen: set[float] = set()

    def schedule(update: int, total: float) -> float:
        seen.add(total)
        return 1.0

    module, batches = tiny_module(schedule=schedule), [tiny_batch(LONG)] * 5
    tiny_trainer(max_epochs=2, accumulate_grad_batches=2).fit(module, loader(*batches))
    assert seen == {6}
