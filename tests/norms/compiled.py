"""Compiles norms and models in a process of its own: the shape checks of tests would break graphs.

Prints one JSON object: for each case, "" or what went wrong.
"""

import json
import sys
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate

CONF, CASES = sys.argv[1], json.loads(sys.argv[2])
D_MODEL = 8


def made(group: str, *words: str) -> Any:
    """What an option builds."""
    config = compose("config", overrides=list(words))
    return instantiate(config[group], _convert_="all")


def differs(norm: torch.nn.Module, compiled: torch.nn.Module) -> str:
    """Where three updates of the compiled norm part from those of the plain one."""
    whole = torch.compile(compiled, backend="aot_eager", fullgraph=True)
    for number in range(3):
        x = torch.randn(3, 5, D_MODEL) + number
        real = torch.arange(5) < torch.tensor([[5], [3], [0]])
        found = []
        for module in (norm, whole):
            given = x.clone().requires_grad_()
            y = module(given, real)
            y.square().sum().backward()
            found.append((y.detach(), given.grad))
        for name, one, two in zip(("output", "gradient"), *found, strict=True):
            if not torch.allclose(one, two, atol=1e-5):
                return f"{name} of update {number} differs"
    states = zip(norm.state_dict().values(), compiled.state_dict().values(), strict=True)
    return "" if all(torch.allclose(*pair, atol=1e-6) for pair in states) else "state differs"


def outcome(words: list[str]) -> str:
    """Empty where the norm compiles in one graph and computes the same."""
    torch.manual_seed(0)
    torch._dynamo.reset()
    make = made("norm", *words)
    try:
        return differs(make(D_MODEL), make(D_MODEL))
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:300]}"


with initialize_config_dir(CONF, version_base="1.3"):
    print(json.dumps({case: outcome(case.split()) for case in CASES}))  # noqa: T201
