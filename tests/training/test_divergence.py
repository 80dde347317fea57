import math
import pickle
from typing import Any

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.plugins import MixedPrecision

from tests.training.tiny import loader, tiny_batch, tiny_model, tiny_module, tiny_trainer
from whynorm.training.divergence import Diverged, Divergence
from whynorm.training.module import TranslationModule

BATCHES = [tiny_batch([[4, 5, 6], [7]])] * 6


LAYER = "encoder.layers.0.feed_forward.inner.weight"


class Poison(pl.Callback):
    """Spoils one number in the gradient of one layer, at the third update."""

    def __init__(self, poison: float = math.nan) -> None:
        self.poison = poison

    def on_after_backward(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        assert isinstance(pl_module, TranslationModule)
        gradient = pl_module.model.get_parameter(LAYER).grad
        assert gradient is not None
        if trainer.global_step == 2:
            gradient[0, 0] = self.poison


def diverge(module: TranslationModule, *callbacks: pl.Callback, **options: Any) -> Diverged:
    trainer = tiny_trainer(callbacks=[*callbacks, Divergence()], **options)
    with pytest.raises(Diverged) as caught:
        trainer.fit(module, loader(*BATCHES))
    return caught.value


@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_a_gradient_that_is_no_number_ends_the_run_at_its_update(poison: float) -> None:
    module = tiny_module(rate=0.1)
    assert diverge(module, Poison(poison)).update == module.global_step == 3


def test_the_layer_is_named_whose_gradient_is_no_number() -> None:
    assert diverge(tiny_module(), Poison()).layer == LAYER


def test_clipping_does_not_spread_the_blame() -> None:
    assert diverge(tiny_module(), Poison(), gradient_clip_val=1.0).layer == LAYER


def test_a_loss_that_is_no_number_ends_the_run() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.embedding.target_table.weight[5] = math.nan
    assert math.isnan(diverge(tiny_module(model)).loss)


def test_the_message_names_update_loss_gradient_and_layer() -> None:
    message = str(Diverged(7, math.nan, math.inf, "layer.weight"))
    numbers = "training diverged at update 7: loss nan, gradient norm inf"
    assert message == f"{numbers}, first in the gradient of layer.weight"


def test_the_exception_survives_the_way_between_processes() -> None:
    sent = Diverged(7, 1.5, math.inf, "a")
    assert str(pickle.loads(pickle.dumps(sent))) == str(sent)


def test_what_is_looked_for_later_is_still_dated_to_its_update(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch, looks = Divergence(), [False] * 5 + [True]
    look = watch._raise_if_bad
    # As on an accelerator, where only every n-th update is looked at.
    monkeypatch.setattr(watch, "_raise_if_bad", lambda: look() if looks.pop(0) else None)
    with pytest.raises(Diverged, match="at update 3"):
        tiny_trainer(callbacks=[Poison(), watch]).fit(tiny_module(), loader(*BATCHES))


def test_training_that_does_not_diverge_goes_on_to_its_end() -> None:
    module = tiny_module(rate=0.1)
    tiny_trainer(callbacks=[Divergence()]).fit(module, loader(*BATCHES))
    assert module.global_step == 6


def scaling() -> MixedPrecision:
    # A scale that overflows nothing by itself.
    return MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu", init_scale=1.0))


def test_an_update_that_loss_scaling_skips_is_no_divergence() -> None:
    module = tiny_module(rate=0.1)
    trainer = tiny_trainer(callbacks=[Poison(math.inf), Divergence()], plugins=[scaling()])
    trainer.fit(module, loader(*BATCHES))
    assert module.global_step == 6


def test_a_loss_that_is_no_number_ends_a_run_with_loss_scaling_too() -> None:
    model = tiny_model()
    with torch.no_grad():
        model.embedding.target_table.weight[5] = math.nan
    assert diverge(tiny_module(model), plugins=[scaling()]).update == 1
