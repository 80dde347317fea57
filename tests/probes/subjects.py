"""What the probes of models are tried on: small Transformers with a few padded batches."""

import copy
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.options import option
from whynorm.data.batch import Batch, Example, collate, teacher_forced
from whynorm.data.vocabulary import SPECIAL
from whynorm.model.transformer import Transformer
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.probes.snapshot import held
from whynorm.probes.subject import Examined, Subject, logits

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


def tokens_at_norms(
    model: Transformer, given: Sequence[Batch], *, padding: bool = False
) -> dict[str, list[numpy.ndarray]]:
    """What reaches each norm in training: of each batch the real tokens, or all positions."""
    found: dict[str, list[numpy.ndarray]] = defaultdict(list)

    def keep(name: str) -> Callable[..., None]:
        def hook(norm: nn.Module, x: tuple[Tensor, Tensor]) -> None:
            places = (x[1] | padding).nonzero().tolist()
            found[name].append(numpy.array([x[0][b, t].double().tolist() for b, t in places]))

        return hook

    norms = [(name, part) for name, part in model.named_modules() if isinstance(part, Norm)]
    hooks = [norm.register_forward_pre_hook(keep(name)) for name, norm in norms]
    for batch in given:
        with held(model, training=True), torch.no_grad():
            logits(model, option("mask", "paper"), batch)
    for hook in hooks:
        hook.remove()
    return found


def discrepancies(batch: numpy.ndarray, population: numpy.ndarray) -> list[float]:
    """Both discrepancies of a batch of tokens to those of a population."""
    mean, old = batch.mean(0), population.mean(0)
    deviation, spread = (numpy.sqrt(x.var(0, ddof=1) + 1e-5) for x in (batch, population))
    size = math.sqrt(sum(spread**2))
    return [
        math.sqrt(sum((mean - old) ** 2)) / size,
        math.sqrt(sum((deviation - spread) ** 2)) / size,
        float(numpy.mean(abs(old - mean) / deviation)),
        float(numpy.mean(abs(spread / deviation - 1))),
    ]


def every_loss(model: Transformer, given: Sequence[Batch]) -> list[float]:
    """The loss of each real token when evaluating."""
    nats = []
    with torch.no_grad(), held(model, training=False):
        for batch in given:
            scores = logits(model, option("mask", "paper"), batch).log_softmax(-1)
            _, _, _, real, labels = teacher_forced(batch)
            nats += [-float(scores[b, t, labels[b, t]]) for b, t in real.nonzero().tolist()]
    return nats


def remembering(model: Transformer, given: Sequence[Batch]) -> Transformer:
    """A copy whose batch norms remember the moments of all tokens of these batches."""
    other = copy.deepcopy(model)
    for name, parts in tokens_at_norms(model, given).items():
        norm, every = other.get_submodule(name), numpy.concatenate(parts)
        norm.running_mean = torch.tensor(every.mean(0)).float()
        norm.running_var = torch.tensor(every.var(0, ddof=1)).float()
    return other


def learn(model: Transformer, given: Sequence[Batch]) -> None:
    """A few steps on the batches, so that their loss is low."""
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    model.train()
    for _ in range(20):
        for batch in given:
            _, _, _, real, labels = teacher_forced(batch)
            scores = logits(model, option("mask", "paper"), batch)
            optimizer.zero_grad()
            F.cross_entropy(scores[real], labels[real]).backward()
            optimizer.step()
    optimizer.zero_grad()


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
# The first has one real token in the encoder, the second has sentences of one.
SHORT = [a_batch(3, [1]), a_batch(4, [1, 6, 1])]
