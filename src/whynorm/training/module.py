"""Training the Transformer with teacher forcing."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from whynorm.data.batch import Batch, teacher_forced
from whynorm.masks.paper import Rules
from whynorm.model.transformer import Transformer
from whynorm.training.gradients import Update, clip, divide, norms, require_unscaled, with_gradients
from whynorm.training.loss import TokenLoss
from whynorm.training.meter import Meter
from whynorm.training.parameters import parameter_groups
from whynorm.training.randomness import reseed
from whynorm.training.sharding import Sharing, over_shards
from whynorm.training.tally import Tally
from whynorm.training.vocabulary_loss import vocabulary_loss

MakeOptimizer = Callable[[list[dict[str, Any]]], Optimizer]
Schedule = Callable[[int, float], float]


class TranslationModule(Sharing):
    """A model, the rules of its masks, and how it is optimised.

    Gradients are those of the mean loss per real target token of the whole update, over all its
    batches and ranks: each batch returns a sum, and the sums' gradients are divided by the token
    count of the update before they are clipped. `padding_in_loss` and `padding_in_metrics` let
    labels at padding count too, which is wrong and which some code does.
    Norms that take statistics of the batch take them of each batch of an accumulation apart, and
    of each rank apart if their `sync` is off: for them that is not the same as one larger batch.
    What norms add to the loss as a penalty is per token too.

    `last_update` describes the newest update, `unlogged` sums up those since numbers were last
    logged; `target_tokens` counts the target tokens learnt from since the first, over all ranks.
    """

    target_tokens: Tensor

    def __init__(
        self,
        model: Transformer,
        rules: Rules,
        *,
        optimizer: MakeOptimizer,
        schedule: Schedule,
        label_smoothing: float = 0.0,
        padding_in_loss: bool = False,
        padding_in_metrics: bool = False,
        seed: int = 0,
        test_sets: Sequence[str] = ("test",),
    ) -> None:
        if not 0 <= label_smoothing < 1:
            raise ValueError(
                f"label_smoothing={label_smoothing} is no share below 1; choose e.g. 0.1, or 0"
            )
        super().__init__()
        self.model, self.rules = model, rules
        self.make_optimizer, self.schedule = optimizer, schedule
        self.label_smoothing, self.seed = label_smoothing, seed
        self.padding_in_loss, self.padding_in_metrics = padding_in_loss, padding_in_metrics
        self.validation = Meter()
        self.test_sets = list(test_sets)
        self.tests = nn.ModuleList(Meter() for _ in self.test_sets)
        self.register_buffer("target_tokens", torch.zeros((), dtype=torch.long))
        self.last_update: Update | None = None
        self._parameters_by_name: list[tuple[str, nn.Parameter]] = []
        self._part = 0
        self.unlogged = Tally.empty(self.device)

    @property
    def between_updates(self) -> bool:
        """True when no batch of the next update has been learnt from yet."""
        return self._part == 0

    def forward(
        self, batch: Batch, *, padding: bool = False
    ) -> tuple[Float[Tensor, "token vocabulary"], Int[Tensor, " token"]]:
        """Logits and labels of the real target tokens, each predicted from those before it.

        With `padding`, of all positions: a sentence then has to predict what pads it.
        """
        states, labels = self.states(batch, padding=padding)
        return self.model.project(states), labels

    def states(
        self, batch: Batch, *, padding: bool = False
    ) -> tuple[Float[Tensor, "token feature"], Int[Tensor, " token"]]:
        """What `forward` projects on the vocabulary, with its labels."""
        source, source_real, inputs, real, labels = teacher_forced(batch)
        masks = self.rules(source_real, real)
        states = self.model.decode(inputs, self.model.encode(source, masks), masks)
        if padding:
            return states.flatten(0, 1), labels.flatten()
        places = real.flatten().nonzero()[:, 0]
        return states.flatten(0, 1).index_select(0, places), labels.flatten()[places]

    def losses(self, batch: Batch) -> tuple[TokenLoss, int]:
        """What training minimises and its plain part, summed over so many tokens."""
        states, labels = self.states(batch, padding=self.padding_in_loss)
        output = self.model.embedding.output
        smoothing = self.label_smoothing
        found = vocabulary_loss(
            states, output.weight, output.bias, labels, label_smoothing=smoothing
        )
        return found, len(labels)

    def on_fit_start(self) -> None:
        """Begin to count."""
        self._parameters_by_name = list(self.model.named_parameters())
        self._window = Tally.empty(self.device)
        self.unlogged = Tally.empty(self.device)
        self._part = 0

    def training_step(self, batch: Batch, batch_index: int) -> Float[Tensor, ""]:
        """The summed loss, scaled to undo the mean over batches that Lightning takes of it.

        What flows back through the model is so the gradient of the sum itself, on any number of
        ranks: some norms remember it.
        """
        place = {"update": self.global_step, "rank": self.global_rank, "part": self._part}
        reseed(self.seed, **place, device=self.device)
        losses, tokens = self.losses(batch)
        objective = losses.objective + tokens * self.model.take_penalty()
        self._window = self._window.plus(
            Tally.of_batch(batch, objective, losses.loss, tokens=tokens)
        )
        self._part += 1
        return objective * self.trainer.accumulate_grad_batches

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Turn the gradients of sums into those of the mean per token, and measure them."""
        total = self.trainer.strategy.reduce(self._window.vector(), reduce_op="sum")
        tally = Tally.of_vector(total)
        names, gradients = with_gradients(self._parameters_by_name)
        # the ranks' gradients were averaged, not added
        divide(gradients, tally.tokens / self.trainer.world_size)
        sizes = over_shards(norms(gradients), self.model)
        self.last_update = Update(self.global_step + 1, tally, names, sizes, sizes.norm())
        self.target_tokens += tally.tokens.long()
        self._window, self._part = Tally.empty(self.device), 0
        self.unlogged = self.unlogged.plus(tally)
        # Lightning sets this attribute outside of the Trainer's constructor; 0 logs nothing.
        interval = self.trainer.log_every_n_steps  # pyright: ignore[reportAttributeAccessIssue]
        if interval and self.last_update.number % interval == 0:
            self._log_update(optimizer)

    def configure_gradient_clipping(
        self,
        optimizer: Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip by total norm, with the norm that was measured."""
        if gradient_clip_algorithm not in (None, "norm"):
            raise ValueError("gradients cannot be clipped by value; use norm")
        if gradient_clip_val:
            assert self.last_update is not None
            _, gradients = with_gradients(self._parameters_by_name)
            clip(gradients, self.last_update.gradient_norm, gradient_clip_val)

    def _log_update(self, optimizer: Optimizer) -> None:
        """Losses and padding are means since they were last logged."""
        assert self.last_update is not None
        values = self.unlogged.means() | {
            "train/gradient_norm": self.last_update.gradient_norm,
            "data/target_tokens": self.target_tokens.float(),
            "optimizer/learning_rate": optimizer.param_groups[0]["lr"],
        }
        self.log_dict(values)
        self.unlogged = Tally.empty(self.device)

    def validation_step(self, batch: Batch, batch_index: int) -> None:
        """Measure one batch."""
        self.validation.update(*self(batch, padding=self.padding_in_metrics))

    def on_validation_epoch_end(self) -> None:
        """Log what was measured."""
        self._log_measured("val", self.validation)

    def test_step(self, batch: Batch, batch_index: int, dataloader_idx: int = 0) -> None:
        """Measure one batch of one test set."""
        meter = self.tests[dataloader_idx]
        assert isinstance(meter, Meter)
        meter.update(*self(batch, padding=self.padding_in_metrics))

    def on_test_epoch_end(self) -> None:
        """Log what was measured, each test set under its name."""
        for name, meter in zip(self.test_sets, self.tests, strict=True):
            assert isinstance(meter, Meter)
            self._log_measured(f"test/{name}", meter)

    def _log_measured(self, prefix: str, meter: Meter) -> None:
        measured = {f"{prefix}/{name}": value for name, value in meter.compute().items()}
        self.log_dict(measured, sync_dist=True)  # has been added over ranks; says so to Lightning
        meter.reset()

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """The optimizer, and the schedule that sets its learning rate before every update."""
        optimizer = self.make_optimizer(parameter_groups(self.model))
        require_unscaled(optimizer, self.trainer)
        total = float(self.trainer.estimated_stepping_batches)
        rates = LambdaLR(optimizer, lambda done: self.schedule(done + 1, total))
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": rates, "interval": "step"}}
