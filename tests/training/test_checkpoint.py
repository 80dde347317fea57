from pathlib import Path

import pytest
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from tests.training.tiny import loader, tiny_batch, tiny_model, tiny_module, tiny_trainer
from whynorm.norms.batch import BatchNorm
from whynorm.norms.rms import RMSNorm
from whynorm.training import checkpoint


def test_a_model_loaded_from_a_checkpoint_of_training_has_its_weights(tmp_path: Path) -> None:
    module = tiny_module(tiny_model(BatchNorm))
    keeper = ModelCheckpoint(tmp_path, filename="last")
    trainer = tiny_trainer(enable_checkpointing=True, callbacks=[keeper])
    trainer.fit(module, loader(tiny_batch([[4, 5]])))
    other = tiny_model(BatchNorm)
    checkpoint.load(other, tmp_path / "last.ckpt")
    for name, value in module.model.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_a_saved_state_is_loaded_again(tmp_path: Path) -> None:
    state = {name: value + 1 for name, value in tiny_model().state_dict().items()}
    checkpoint.save(state, tmp_path / "a.ckpt")
    found = checkpoint.weights(tmp_path / "a.ckpt")
    assert all(torch.equal(found[name], value) for name, value in state.items())


def test_a_saved_state_leaves_no_other_file_behind_than_its_entry(tmp_path: Path) -> None:
    checkpoint.save(tiny_model().state_dict(), tmp_path / "a.ckpt")
    assert {path.name for path in tmp_path.iterdir()} == {"a.ckpt", "manifest.json"}


def test_a_checkpoint_that_runs_code_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {}, "code": Path.cwd}, tmp_path / "evil.ckpt")
    with pytest.raises(ValueError, match=r"evil\.ckpt .*more than weights .*nothing of it was run"):
        checkpoint.weights(tmp_path / "evil.ckpt")


def test_a_checkpoint_of_another_norm_is_refused(tmp_path: Path) -> None:
    checkpoint.save(tiny_model(RMSNorm).state_dict(), tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r"of another model: it lacks .*bias and 4 more"):
        checkpoint.load(tiny_model(), tmp_path / "a.ckpt")


def test_a_checkpoint_with_running_statistics_is_refused_by_a_model_without(tmp_path: Path) -> None:
    checkpoint.save(tiny_model(BatchNorm).state_dict(), tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r"of another model: only it has .*running_mean"):
        checkpoint.load(tiny_model(), tmp_path / "a.ckpt")


def test_a_checkpoint_of_another_width_is_refused(tmp_path: Path) -> None:
    state = tiny_model().state_dict()
    state["embedding.output.weight"] = torch.zeros(12, 8)
    checkpoint.save(state, tmp_path / "a.ckpt")
    with pytest.raises(ValueError, match=r"output.weight is \(12, 8\) there and \(12, 16\) here"):
        checkpoint.load(tiny_model(), tmp_path / "a.ckpt")


def test_a_missing_checkpoint_is_refused_by_its_path(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"there is no checkpoint at .*none.ckpt"):
        checkpoint.load(tiny_model(), tmp_path / "none.ckpt")


def test_a_file_without_weights_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2], tmp_path / "list.ckpt")
    with pytest.raises(ValueError, match="holds no state_dict"):
        checkpoint.weights(tmp_path / "list.ckpt")
