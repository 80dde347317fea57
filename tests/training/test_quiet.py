import logging
import warnings

import pytest
import pytorch_lightning as pl

from tests.training.tiny import loader, tiny_batch, tiny_module
from whynorm.training.quiet import quiet


def test_a_training_with_validation_says_nothing_of_its_own(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        quiet()
        trainer = pl.Trainer(
            max_epochs=1,
            accelerator="cpu",
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        batches = loader(tiny_batch([[4, 5]]))
        trainer.fit(tiny_module(), batches, batches)
    assert [str(warning.message) for warning in warned] == []
    assert "".join(capfd.readouterr()) == ""


def test_a_warning_that_is_not_known_to_be_benign_is_shown() -> None:
    with pytest.warns(UserWarning, match="the loss is odd"):
        quiet()
        warnings.warn("the loss is odd", stacklevel=1)


def test_warnings_that_lightning_logs_are_kept() -> None:
    quiet()
    assert logging.getLogger("pytorch_lightning").isEnabledFor(logging.WARNING)
