"""The rules that masks are made of; combine what they return with `&`, `|` and `~`.

A rule takes which queries and which keys are real and returns `visible`, True where the query
may see the key, broadcastable to (batch, head, query, key).
"""

import torch
from jaxtyping import Bool
from torch import Tensor


def padding_keys(
    query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"]
) -> Bool[Tensor, "batch 1 1 key"]:
    """Real keys are visible: the padding mask as it is meant."""
    return key_real[:, None, None, :]


def padding_queries(
    query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"]
) -> Bool[Tensor, "batch 1 query 1"]:
    """Real queries see everything, padded ones nothing: the padding mask on the wrong axis."""
    return query_real[:, None, :, None]


def inverted_padding_keys(
    query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"]
) -> Bool[Tensor, "batch 1 1 key"]:
    """Padded keys are visible and real ones hidden: the padding mask with its sense reversed."""
    return ~key_real[:, None, None, :]


def look_ahead(
    query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"], *, peek: int = 0
) -> Bool[Tensor, "1 1 query key"]:
    """Keys up to the query's own position, and `peek` tokens beyond it (Vaswani 2017, §3.2.3)."""
    return distance(query_real, key_real) <= peek


def window(
    query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"], *, reach: int = 8
) -> Bool[Tensor, "1 1 query key"]:
    """Keys at most `reach` tokens from the query, on either side."""
    return distance(query_real, key_real).abs() <= reach


def distance(
    query_real: Bool[Tensor, "batch query"], key_real: Bool[Tensor, "batch key"]
) -> Tensor:
    """Key position minus query position, (1, 1, query, key)."""
    query = torch.arange(query_real.shape[1], device=query_real.device)
    key = torch.arange(key_real.shape[1], device=key_real.device)
    return (key[None, :] - query[:, None])[None, None]
