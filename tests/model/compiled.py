"""Compares compiled stacks with plain ones, without the shape checks that would break their graphs.

Prints one JSON object: for each norm and placement, "" or what went wrong.
"""

import json
import sys

import torch

from tests.model.build import example, logits, transformer
from whynorm.model.transformer import Transformer


def learnt(model: Transformer) -> list[torch.Tensor]:
    """Logits of real tokens and every gradient, in training without dropout."""
    torch.manual_seed(3)
    found = logits(model.train())[example()[3]]
    found.square().sum().backward()
    return [found.detach(), *(p.grad for p in model.parameters() if p.grad is not None)]


def compared(norm: str, placement: str) -> str:
    """Where the two part."""
    plain, compiled = transformer(norm, placement), transformer(norm, placement)
    compiled.compile_stacks("default")
    try:
        torch.testing.assert_close(learnt(compiled), learnt(plain), atol=1e-4, rtol=1e-4)
    except AssertionError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    cases = [case.split() for case in json.loads(sys.argv[1])]
    sys.stdout.write(json.dumps({" ".join(case): compared(*case) for case in cases}))
