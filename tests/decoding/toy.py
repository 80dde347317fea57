"""A small recurrent state, so that searches can be tested without a model."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

TOKENS = 6


@dataclass
class Weights:
    """What the toy's transition and output are made of, and the rows of each of its steps."""

    recurrence: Tensor
    embedding: Tensor
    output: Tensor
    bias: Tensor
    rows: list[int] = field(default_factory=list)


class Recurrent:
    """A state whose logits depend on the sentence and on every token of the prefix."""

    def __init__(self, hidden: Tensor, weights: Weights) -> None:
        self.hidden, self.weights = hidden, weights

    def step(self, tokens: Tensor) -> Tensor:
        self.weights.rows.append(len(tokens))
        inputs = self.weights.embedding[tokens]
        self.hidden = torch.tanh(self.hidden @ self.weights.recurrence + inputs)
        return self.hidden @ self.weights.output + self.weights.bias

    def select(self, rows: Tensor, width: int = 1) -> "Recurrent":
        return Recurrent(self.hidden[rows], self.weights)

    def reorder(self, rows: Tensor) -> "Recurrent":
        return self.select(rows)


def recurrent(sentences: int, bias: dict[int, float] | None = None, seed: int = 0) -> Recurrent:
    """A toy of so many sentences, the logits of some tokens raised or lowered."""
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    lift = torch.zeros(TOKENS, dtype=torch.float64)
    for token, amount in (bias or {}).items():
        lift[token] = amount
    weights = Weights(draw(8, 8), draw(TOKENS, 8), draw(8, TOKENS), lift)
    return Recurrent(draw(sentences, 8), weights)


class Scripted:
    """A state whose logits depend on the length of the prefix alone: one row of `script` a step."""

    def __init__(self, script: Tensor, rows: int, time: int = 0) -> None:
        self.script, self.rows, self.time = script, rows, time

    def step(self, tokens: Tensor) -> Tensor:
        self.time += 1
        return self.script[self.time - 1].expand(self.rows, -1)

    def select(self, rows: Tensor, width: int = 1) -> "Scripted":
        return Scripted(self.script, len(rows), self.time)

    def reorder(self, rows: Tensor) -> "Scripted":
        return self.select(rows)
