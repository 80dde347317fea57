"""What the probes of models are tried on: small Transformers with a few padded batches."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.options import option
from whynorm.data.batch import Batch, Example, collate
from whynorm.data.vocabulary import SPECIAL
from whynorm.model.transformer import Transformer
from whynorm.norms.layer import LayerNorm
from whynorm.probes.subject import Examined, Subject

VOCABULARY = 30
SHALLOW = ("model.encoder_layers=1", "model.decoder_layers=1")
LENGTHS = ((7, 5, 3, 6), (6, 2, 6, 4))


def a_batch(seed: int, lengths: Sequence[int] = LENGTHS[0], *, side: str = "right") -> Batch:
    """Sentences of random words; the target of each is a word longer than its source."""
    draw = torch.Generator().manual_seed(seed)

    def words(length: int) -> list[int]:
        return torch.randint(SPECIAL, VOCABULARY, (length,), generator=draw).tolist()

    pairs = [Example(words(length), words(length + 1), i) for i, length in enumerate(lengths)]
    return collate(pairs, side=side)


def batches(seed: int = 0) -> list[Batch]:
    return [a_batch(seed + index, lengths) for index, lengths in enumerate(LENGTHS)]


def subject(
    model: Transformer,
    *,
    mask: str = "paper",
    validation: Sequence[Batch] | None = None,
    training: Sequence[Batch] | None = None,
) -> Subject:
    """The model with its masks, as the task hands it to a probe."""
    rules = option("mask", mask)
    examined = Examined(
        model, rules, validation or batches(), training or batches(10), as_text, as_text
    )
    width = model.embedding.target_table.embedding_dim
    return Subject(
        title="tiny",
        norm=LayerNorm,
        decoder_norm=LayerNorm,
        rules=rules,
        fill=model.fill,
        d_model=width,
        examined=lambda: examined,
        norm_of=lambda name: option("norm", name),
    )


def as_text(ids: Sequence[int]) -> list[str]:
    return [str(number) for number in ids]


def everything(model: nn.Module) -> dict[str, Tensor]:
    """All that a probe may have moved: weights, buffers, gradients, modes, hooks, random state."""
    state = {f"state of {name}": value.clone() for name, value in model.state_dict().items()}
    state |= {f"buffer {name}": value.clone() for name, value in model.named_buffers()}
    for name, parameter in model.named_parameters():
        gradient = parameter.grad
        state[f"gradient of {name}"] = torch.zeros(0) if gradient is None else gradient.clone()
    for name, module in model.named_modules():
        hooks = (module._forward_hooks, module._forward_pre_hooks, module._backward_hooks)
        counts = map(len, (*hooks, vars(module)))
        state[f"mode, hooks and attributes of {name}"] = torch.tensor([module.training, *counts])
    return state | {"random": torch.get_rng_state()}


def changed(before: dict[str, Tensor], model: nn.Module) -> list[str]:
    """The names of what is not as it was."""
    after = everything(model)
    assert before.keys() == after.keys()
    return [name for name in before if not torch.equal(before[name], after[name])]


def spoil(model: nn.Module) -> None:
    """Give the norms' running statistics values that no batch has."""
    for name, buffer in model.named_buffers():
        if "running" in name:
            buffer.copy_(torch.rand(buffer.shape) * 5 + 1)


NOWHERE = Path("nothing is written here")
