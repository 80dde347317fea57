"""A tiny translator, its batches and its trainer."""

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from whynorm.data.batch import Batch
from whynorm.data.vocabulary import BEGIN, END, PAD
from whynorm.masks.algebra import look_ahead, padding_keys
from whynorm.masks.fill import Fused
from whynorm.masks.paper import Rules
from whynorm.model.embedding import Embeddings, SinusoidalPositions, Tokens
from whynorm.model.query_key import QueryKeyNorm
from whynorm.model.transformer import Choices, Transformer
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.placements.pre import Pre
from whynorm.training.module import TranslationModule
from whynorm.training.quiet import quiet

VOCABULARY = 12


def tiny_model(norm: Callable[[int], Norm] = LayerNorm, dropout: float = 0.0) -> Transformer:
    model = Transformer(
        Tokens(VOCABULARY, VOCABULARY, joint=True),
        Choices(norm, norm, Pre, Fused(), QueryKeyNorm),
        d_model=16,
        heads=2,
        d_ff=32,
        encoder_layers=1,
        decoder_layers=1,
        dropout=dropout,
        embedding=partial(Embeddings, tied=True, positions=SinusoidalPositions),
    )
    model.initialise(1)
    return model


def paper_rules() -> Rules:
    return Rules(
        encoder={"padding": padding_keys},
        decoder={"padding": padding_keys, "look_ahead": look_ahead},
        cross={"padding": padding_keys},
    )


def always_one(update: int, total_updates: float) -> float:
    return 1.0


def tiny_module(
    model: Transformer | None = None,
    *,
    rate: float = 1.0,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    schedule: Callable[[int, float], float] = always_one,
    label_smoothing: float = 0.1,
    seed: int = 0,
) -> TranslationModule:
    return TranslationModule(
        model or tiny_model(),
        paper_rules(),
        optimizer=partial(optimizer, lr=rate),
        schedule=schedule,
        label_smoothing=label_smoothing,
        seed=seed,
    )


def tiny_trainer(**options: Any) -> pl.Trainer:
    quiet()
    # Most of these runs validate nothing, on purpose; users' runs always do.
    warnings.filterwarnings("ignore", message=".*but have no `val_dataloader`.*")
    settings: dict[str, Any] = {
        "accelerator": "cpu",
        "devices": 1,
        "max_epochs": 1,
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "log_every_n_steps": 1,
        "use_distributed_sampler": False,
    }
    return pl.Trainer(**(settings | options))


def tiny_batch(
    sentences: Sequence[Sequence[int]], *, padding: int = 0, left: bool = False
) -> Batch:
    """Sentences to be copied, with `padding` columns more than needed."""
    source = padded([[*words, END] for words in sentences], padding, left)
    target = padded([[BEGIN, *words, END] for words in sentences], padding, left)
    return Batch(source, target, torch.arange(len(sentences)))


def padded(rows: Sequence[Sequence[int]], padding: int, left: bool) -> Tensor:
    longest = max(len(row) for row in rows) + padding
    spare = [[PAD] * (longest - len(row)) for row in rows]
    return torch.tensor([[*s, *r] if left else [*r, *s] for r, s in zip(rows, spare, strict=True)])


def loader(*batches: Batch) -> DataLoader[Batch]:
    # torch asks for a Dataset where a list does.
    return DataLoader(list(batches), batch_size=None)  # pyright: ignore[reportArgumentType]


def weights_after(module: TranslationModule, batches: Sequence[Batch], **options: Any) -> Tensor:
    """All weights in one vector, after training on the batches."""
    tiny_trainer(**options).fit(module, loader(*batches))
    return torch.cat([p.detach().flatten() for p in module.model.parameters()])
