from pathlib import Path

import torch

from tests.training.tiny import (
    loader,
    tiny_batch,
    tiny_model,
    tiny_module,
    tiny_trainer,
    weights_after,
)
from whynorm.norms.batch import BatchNorm
from whynorm.training.module import TranslationModule
from whynorm.training.randomness import reseed

CPU = torch.device("cpu")
BATCHES = [tiny_batch([[4, 5, 6], [7, 8]])] * 3


def draw(update: int = 0, rank: int = 0, part: int = 0, seed: int = 0) -> float:
    reseed(seed, update=update, rank=rank, part=part, device=CPU)
    return torch.rand(()).item()


def test_the_same_place_draws_the_same() -> None:
    assert draw(3, 1, 2) == draw(3, 1, 2)


def test_every_update_rank_part_and_seed_draws_its_own() -> None:
    draws = [draw(), draw(update=1), draw(rank=1), draw(part=1), draw(seed=1)]
    assert len(set(draws)) == 5


def test_dropout_does_not_depend_on_what_was_drawn_before_training() -> None:
    first = weights_after(tiny_module(tiny_model(dropout=0.5)), BATCHES)
    torch.rand(17)
    assert torch.equal(weights_after(tiny_module(tiny_model(dropout=0.5)), BATCHES), first)


def test_dropout_depends_on_the_seed() -> None:
    first = weights_after(tiny_module(tiny_model(dropout=0.5), seed=1), BATCHES)
    assert not torch.equal(
        weights_after(tiny_module(tiny_model(dropout=0.5), seed=2), BATCHES), first
    )


def test_batches_of_one_window_have_dropout_of_their_own() -> None:
    def with_dropout(parts: int) -> torch.Tensor:
        module = tiny_module(tiny_model(dropout=0.5))
        return weights_after(module, BATCHES[:1] * parts, accumulate_grad_batches=parts)

    # The same batch twice has the mean gradient of the batch once, unless dropout differs.
    assert not torch.allclose(with_dropout(2), with_dropout(1), atol=1e-4)


def test_a_resumed_training_ends_bit_for_bit_where_an_uninterrupted_one_does(
    tmp_path: Path,
) -> None:
    def module() -> TranslationModule:
        return tiny_module(tiny_model(BatchNorm, dropout=0.5), optimizer=torch.optim.Adam)

    whole = weights_after(module(), BATCHES, max_epochs=2)
    half = tiny_trainer(max_epochs=1)
    half.fit(module(), loader(*BATCHES))
    half.save_checkpoint(tmp_path / "half.ckpt")
    resumed = module()
    rest = tiny_trainer(max_epochs=2)
    rest.fit(resumed, loader(*BATCHES), ckpt_path=tmp_path / "half.ckpt", weights_only=True)
    ended = torch.cat([p.detach().flatten() for p in resumed.model.parameters()])
    assert torch.equal(ended, whole)
