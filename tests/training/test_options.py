"""The options in conf/optimizer and conf/schedule, as a run composes them."""

from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf
from pytorch_lightning.plugins import MixedPrecision

from tests.training.tiny import loader, paper_rules, tiny_batch, tiny_model, tiny_trainer
from whynorm.training.module import TranslationModule

CONF = Path(__file__).parents[2] / "conf"
OPTIMIZERS = sorted(path.stem for path in (CONF / "optimizer").glob("*.yaml"))
SCHEDULES = sorted(path.stem for path in (CONF / "schedule").glob("*.yaml"))


def composed(optimizer: str, schedule: str) -> DictConfig:
    """The two options as the defaults list merges them, the schedule after the optimizer."""
    first = {"optimizer": OmegaConf.load(CONF / "optimizer" / f"{optimizer}.yaml")}
    second = OmegaConf.load(CONF / "schedule" / f"{schedule}.yaml")
    cfg = OmegaConf.merge({"model": {"d_model": 16}}, first, second)
    assert isinstance(cfg, DictConfig)
    return cfg


def module_of(cfg: DictConfig) -> TranslationModule:
    made = {"optimizer": instantiate(cfg.optimizer), "schedule": instantiate(cfg.schedule)}
    return TranslationModule(tiny_model(), paper_rules(), **made)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_first_learning_rate_of_every_schedule_is_small_but_not_zero(schedule: str) -> None:
    cfg = composed("adam", schedule)
    assert 0 < cfg.optimizer.lr * instantiate(cfg.schedule)(1, 1000.0) < 2e-3


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_writes_checkpoints_that_run_no_code(
    optimizer: str, tmp_path: Path
) -> None:
    trainer = tiny_trainer(max_epochs=1)
    trainer.fit(module_of(composed(optimizer, "constant")), loader(tiny_batch([[4, 5]])))
    trainer.save_checkpoint(tmp_path / "run.ckpt")
    assert torch.load(tmp_path / "run.ckpt", weights_only=True)["global_step"] == 1


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_fused_optimizer_equals_the_plain_one(optimizer: str) -> None:
    gradients, ends = torch.randn(3, 50), []
    for fused in (True, False):
        parameter = torch.nn.Parameter(torch.ones(50))
        steps = instantiate(composed(optimizer, "constant").optimizer, fused=fused)([parameter])
        for gradient in gradients:
            parameter.grad = gradient.clone()
            steps.step()
        ends.append(parameter.detach())
    torch.testing.assert_close(*ends)


def test_a_fused_optimizer_is_refused_under_loss_scaling() -> None:
    scaling = MixedPrecision("16-mixed", "cpu", torch.amp.GradScaler("cpu"))
    module = module_of(composed("adam", "constant"))
    with pytest.raises(ValueError, match=r"choose optimizer\.fused=false, or precision=bf16-mixed"):
        tiny_trainer(plugins=[scaling]).fit(module, loader(tiny_batch([[4, 5]])))
