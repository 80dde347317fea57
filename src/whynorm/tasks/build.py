"""From a configuration to the parts of a run; training and every later task build them here."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import pytorch_lightning as pl
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from omegaconf import DictConfig
from pytorch_lightning.callbacks import ModelCheckpoint, ProgressBar
from pytorch_lightning.loggers import Logger
from pytorch_lightning.plugins.io import CheckpointIO

from whynorm.data.corpus import Pair
from whynorm.data.datamodule import TranslationData
from whynorm.data.vocabulary import Vocabularies
from whynorm.decoding.beam import Beam
from whynorm.decoding.greedy import Greedy
from whynorm.decoding.search import Search
from whynorm.decoding.translator import Translator
from whynorm.masks.paper import Rules
from whynorm.model.embedding import Tokens
from whynorm.model.transformer import Choices, Transformer
from whynorm.tasks.instance import made
from whynorm.tasks.options import Decoding, Training
from whynorm.tasks.refusal import Refused, one_sentence
from whynorm.training.module import TranslationModule

MakeVocabularies = Callable[[Sequence[Pair]], Vocabularies]


class Parts(NamedTuple):
    """What a run is made of, once its data is there."""

    data: TranslationData
    rules: Rules
    model: Transformer
    module: TranslationModule


def build(config: DictConfig) -> Parts:
    """All parts of a run, from the configuration; data is prepared and weights are drawn."""
    data = prepared(make_data(config, made(config.vocabulary)))
    rules = made(config.mask)
    model = make_model(config, tokens(data.vocabularies))
    model.initialise(config.seed)
    module = make_module(config, model, rules, list(data.corpus.tests))
    return Parts(data, rules, model, module)


def make_data(config: DictConfig, vocabulary: MakeVocabularies) -> TranslationData:
    """The data of a run, nothing of it read yet."""
    return TranslationData(
        made(config.data.corpus),
        vocabulary,
        made(config.batches),
        seed=config.seed,
        padding_side=config.data.padding_side,
        maximum_length=config.data.maximum_length,
        too_long=config.data.too_long,
        workers=config.data.workers,
        length_multiple=config.data.length_multiple,
    )


def prepared(data: TranslationData) -> TranslationData:
    """The data, read and checked; what is wrong with the user's files is refused."""
    try:
        data.prepare()
    except (ValueError, OSError) as error:
        raise Refused(one_sentence(str(error))) from error
    return data


def tokens(vocabularies: Vocabularies) -> Tokens:
    """The sizes that the model needs to know."""
    source, target = len(vocabularies.source), len(vocabularies.target)
    return Tokens(source, target, vocabularies.joint)


def make_model(config: DictConfig, tokens: Tokens) -> Transformer:
    """The model, its weights not yet drawn."""
    decoder_norm = config.get("decoder_norm") or config.norm
    choices = Choices(
        norm=made(config.norm),
        decoder_norm=made(decoder_norm),
        placement=made(config.placement),
        fill=made(config.mask_fill),
        qk_norm=made(config.qk_norm),
    )
    return made(config.model)(tokens, choices)


def make_module(
    config: DictConfig, model: Transformer, rules: Rules, test_sets: list[str]
) -> TranslationModule:
    """The model with its optimisation, for Lightning to train."""
    return TranslationModule(
        model,
        rules,
        optimizer=made(config.optimizer),
        schedule=made(config.schedule),
        label_smoothing=config.training.label_smoothing,
        padding_in_loss=config.training.padding_in_loss,
        padding_in_metrics=config.training.padding_in_metrics,
        seed=config.seed,
        test_sets=test_sets,
    )


def make_trainer(
    config: DictConfig,
    *,
    folder: Path,
    loggers: list[Logger],
    callbacks: list[pl.Callback],
    files: CheckpointIO | None = None,
    epoch: int | None = None,
) -> pl.Trainer:
    """The trainer on the chosen hardware, for as long as training is to go on.

    `files` writes and reads its checkpoints; None where none are to be written. `epoch` is the
    number of batches in one, where it is known.
    """
    training: Training = made(config.training)
    return made(config.hardware)(
        default_root_dir=folder,
        logger=loggers,
        callbacks=callbacks,
        enable_model_summary=False,
        enable_progress_bar=has(callbacks, ProgressBar),
        enable_checkpointing=has(callbacks, ModelCheckpoint),
        num_sanity_val_steps=0,
        log_every_n_steps=10,
        use_distributed_sampler=False,
        reload_dataloaders_every_n_epochs=1,
        plugins=[*cluster(), *([files] if files else [])],
        accumulate_grad_batches=training.accumulate,
        gradient_clip_val=training.clip,
        **duration(training, epoch),
    )


def cluster() -> list[ClusterEnvironment]:
    """How the processes of a run find each other, where it is Slurm that starts them.

    Without Lightning's own way back into the queue: what puts a run there is not the run.
    """
    return [SLURMEnvironment(auto_requeue=False)] if SLURMEnvironment.detect() else []


def has(callbacks: list[pl.Callback], kind: type[pl.Callback]) -> bool:
    """True if one of the callbacks is of this kind."""
    return any(isinstance(callback, kind) for callback in callbacks)


def duration(training: Training, epoch: int | None) -> dict[str, int | None]:
    """Lightning's words for how long training goes on and when it validates.

    Validations fall evenly over the whole training, inside an epoch too.
    """
    if training.updates is None:
        assert training.epochs is not None
        length = {"max_epochs": training.epochs}
        batches = training.epochs * (epoch or 1)
    else:
        length = {"max_epochs": -1, "max_steps": training.updates}
        batches = batches_of(training.updates, training.accumulate, epoch)
    every = max(1, batches // training.validations)
    return {**length, "val_check_interval": every, "check_val_every_n_epoch": None}


def batches_of(updates: int, accumulate: int, epoch: int | None) -> int:
    """The batches that so many updates take: the last update of an epoch may have fewer."""
    if epoch is None:
        return updates * accumulate
    epochs, rest = divmod(updates, -(-epoch // accumulate))
    return epochs * epoch + rest * accumulate


def make_translator(
    config: DictConfig, model: Transformer, rules: Rules, vocabularies: Vocabularies, search: Search
) -> Translator:
    """Translates texts with the model."""
    return Translator(
        model,
        rules,
        vocabularies,
        search=search,
        sentences_per_batch=config.decoding.sentences_per_batch,
        maximum_length=config.data.maximum_length,
        padding_side=config.data.padding_side,
        length_multiple=config.data.length_multiple,
    )


def greedy(config: DictConfig) -> Search:
    """Greedy search."""
    decoding: Decoding = made(config.decoding)
    return Greedy(extra_tokens=decoding.extra_tokens)


def beam(config: DictConfig, *, n_best: int = 1) -> Search:
    """Beam search that returns so many translations of each sentence."""
    decoding: Decoding = made(config.decoding)
    return Beam(
        width=decoding.beam,
        length_penalty=decoding.length_penalty,
        extra_tokens=decoding.extra_tokens,
        n_best=n_best,
    )


def searches(config: DictConfig) -> dict[str, Search]:
    """What a test translates with: greedy search, and beam search where the beam is wider."""
    found = {"greedy": greedy(config)}
    return {**found, "beam": beam(config)} if config.decoding.beam > 1 else found
