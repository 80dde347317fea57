"""What is measured while training goes on changes nothing in it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas
import pytest
import torch
from pytorch_lightning.loggers import CSVLogger
from torch import Tensor

from tests.training.tiny import loader, tiny_batch, tiny_model, tiny_module, tiny_trainer
from whynorm.norms.batch import BatchNorm
from whynorm.training.module import TranslationModule
from whynorm.training.observation import KINDS, Observation

BATCHES = [tiny_batch([[4, 5, 6], [7]]), tiny_batch([[8, 9], [5, 4, 6, 7]])] * 3


def fitted(
    folder: Path, observed: Sequence[str] | None, *, every: int = 2, **options: Any
) -> tuple[TranslationModule, pandas.DataFrame]:
    """A module after six batches, and what was logged."""
    module = tiny_module(tiny_model(BatchNorm, dropout=0.2), rate=0.1)
    callbacks = [] if observed is None else [Observation(observed, every=every)]
    logger = CSVLogger(folder, name="", version="")
    trainer = tiny_trainer(logger=logger, callbacks=callbacks, **options)
    trainer.fit(module, loader(*BATCHES))
    logger.save()
    return module, pandas.read_csv(folder / "metrics.csv")


def state(module: TranslationModule) -> dict[str, Tensor]:
    return module.model.state_dict()


def test_a_training_that_is_watched_ends_as_one_that_is_not(tmp_path: Path) -> None:
    watched = state(fitted(tmp_path / "one", KINDS, gradient_clip_val=0.1)[0])
    alone = state(fitted(tmp_path / "two", None, gradient_clip_val=0.1)[0])
    assert all(torch.equal(watched[name], alone[name]) for name in alone)


def test_every_kind_is_logged_at_the_first_update_and_every_second(tmp_path: Path) -> None:
    logged = fitted(tmp_path, KINDS)[1]
    for kind in KINDS:
        columns = [name for name in logged if str(name).startswith(f"probe/{kind}/")]
        assert columns
        rows = logged.dropna(subset=columns, how="all")
        assert rows["step"].tolist() == [0, 1, 3, 5]


def test_gradient_norms_are_those_before_clipping(tmp_path: Path) -> None:
    free = fitted(tmp_path / "one", ["flow"])[1]
    clipped = fitted(tmp_path / "two", ["flow"], gradient_clip_val=0.01)[1]
    name = "probe/flow/encoder/1/gradient_norm"
    first, second = (logged[name].dropna().iloc[0] for logged in (free, clipped))
    assert first == pytest.approx(second)
    assert first > 0.02


def test_a_layers_gradient_norm_is_that_of_all_its_parameters(tmp_path: Path) -> None:
    module, logged = fitted(tmp_path, ["flow"])
    update = module.last_update
    assert update is not None
    mine = [n.startswith("decoder.layers.0.") for n in update.names]
    expected = float(update.gradient_norms[torch.tensor(mine)].norm())
    assert logged["probe/flow/decoder/1/gradient_norm"].dropna().iloc[-1] == pytest.approx(expected)


def test_without_an_update_nothing_is_logged(tmp_path: Path) -> None:
    logged = fitted(tmp_path, KINDS, every=2, accumulate_grad_batches=2)[1]
    columns = [name for name in logged if str(name).startswith("probe/")]
    assert logged.dropna(subset=columns, how="all")["step"].tolist() == [0, 1]


def test_the_model_is_left_without_hooks(tmp_path: Path) -> None:
    module = fitted(tmp_path, KINDS)[0]
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.model.modules())


def test_an_unknown_kind_is_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match="none of the probes statistics, flow, attention"):
        Observation(["flows"])
