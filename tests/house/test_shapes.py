"""While the tests run, what is annotated with a shape refuses another one."""

import pytest
import torch
from jaxtyping import TypeCheckError

from whynorm.norms.layer import LayerNorm


def test_a_mask_of_another_length_than_the_tokens_is_refused() -> None:
    norm, x = LayerNorm(4), torch.zeros(2, 3, 4)
    norm(x, torch.ones(2, 3, dtype=torch.bool))
    with pytest.raises(TypeCheckError, match="real"):
        norm(x, torch.ones(2, 5, dtype=torch.bool))
