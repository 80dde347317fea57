"""Which parameters weight decay pulls on."""

from typing import Any

from torch import Tensor, nn


def parameter_groups(model: nn.Module) -> list[dict[str, Any]]:
    """Groups for torch.optim: matrices, then what never decays: norms, biases, embeddings, scales.

    A matrix is the weight of a linear layer, unless it is tied to an embedding. Frozen parameters
    are in neither group.
    """
    tables = {id(parameter) for parameter in _embeddings(model)}
    matrices = {id(m.weight) for m in model.modules() if isinstance(m, nn.Linear)} - tables
    decay: list[nn.Parameter] = []
    spare: list[nn.Parameter] = []
    for parameter in model.parameters():
        if parameter.requires_grad:
            (decay if id(parameter) in matrices else spare).append(parameter)
    groups: list[dict[str, Any]] = [{"params": decay}, {"params": spare, "weight_decay": 0.0}]
    return [group for group in groups if group["params"]]


def _embeddings(model: nn.Module) -> list[Tensor]:
    tables = [module for module in model.modules() if isinstance(module, nn.Embedding)]
    return [table.weight for table in tables]
