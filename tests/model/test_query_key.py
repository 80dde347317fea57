import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from tests.model.build import logits, transformer
from tests.options import names, option
from whynorm.masks.fill import Fused
from whynorm.model.attention import Attention

D, HEADS = 8, 2
SHAPE = (2, 3, HEADS, D // HEADS)


def attention(qk_norm: str) -> Attention:
    made = Attention(D, heads=HEADS, fill=Fused(), qk_norm=option("qk_norm", qk_norm)).double()
    for value in made.parameters():
        value.data.add_(0.3 * torch.randn_like(value))
    return made


def queries_and_keys(module: Attention, x: Tensor) -> tuple[Tensor, Tensor]:
    """The projections of x, each (batch, head, time, feature)."""
    projected = module.query_key_value(x).chunk(3, dim=-1)[:2]
    q, k = (part.view(SHAPE).transpose(1, 2) for part in projected)
    return q, k


def test_l2_scores_are_the_gain_times_the_cosine() -> None:
    module, x = attention("l2"), torch.randn(2, 3, D).double()
    q, k = queries_and_keys(module, x)
    cosine = F.cosine_similarity(q[:, :, :, None], k[:, :, None], dim=-1)
    torch.testing.assert_close(module.scores(x), module.qk_norm.get_parameter("gain") * cosine)


def test_the_gain_starts_at_the_papers_value() -> None:
    gain = option("qk_norm", "l2", "qk_norm.length=100")(4).gain
    torch.testing.assert_close(gain.detach(), torch.tensor(100.0**2 - 100).log2())


def test_a_length_without_a_logarithm_is_refused() -> None:
    with pytest.raises(Exception, match=r"qk_norm.length=1.* has no logarithm"):
        option("qk_norm", "l2", "qk_norm.length=1")(4)


def test_layer_norm_of_each_head_comes_before_the_scores() -> None:
    module, x = attention("layer"), torch.randn(2, 3, D).double()
    normed = []
    for part, name in zip(queries_and_keys(module, x), ("query_norm", "key_norm"), strict=True):
        norm = module.qk_norm.get_submodule(name)
        normed.append(F.layer_norm(part, (4,), norm.weight, norm.bias))  # pyright: ignore[reportArgumentType]
    expected = normed[0] @ normed[1].transpose(-1, -2) / (D // HEADS) ** 0.5
    torch.testing.assert_close(module.scores(x), expected)


def test_rms_norm_of_each_head_comes_before_the_scores() -> None:
    module, x = attention("rms"), torch.randn(2, 3, D).double()
    normed = []
    for part, name in zip(queries_and_keys(module, x), ("query_norm", "key_norm"), strict=True):
        weight = module.qk_norm.get_parameter(f"{name}.weight")
        normed.append(weight * part / torch.sqrt((part**2).mean(-1, keepdim=True) + 1e-5))
    expected = normed[0] @ normed[1].transpose(-1, -2) / (D // HEADS) ** 0.5
    torch.testing.assert_close(module.scores(x), expected)


@pytest.mark.parametrize("qk_norm", sorted(set(names("qk_norm")) - {"none"}))
def test_scaling_the_queries_leaves_normalised_scores_alone(qk_norm: str) -> None:
    module, x = attention(qk_norm), torch.randn(2, 3, D).double()
    before = module.scores(x)
    for part in module.rows(0, 1):
        part.data.mul_(50)
    torch.testing.assert_close(module.scores(x), before, rtol=1e-3, atol=1e-3)


def test_without_a_norm_the_scores_are_the_papers() -> None:
    module, x = attention("none"), torch.randn(2, 3, D).double()
    q, k = queries_and_keys(module, x)
    torch.testing.assert_close(module.scores(x), q @ k.transpose(-1, -2) / (D // HEADS) ** 0.5)


@pytest.mark.parametrize("qk_norm", names("qk_norm"))
def test_models_that_differ_in_it_start_from_the_same_weights(qk_norm: str) -> None:
    plain = transformer().state_dict()
    other = transformer(qk_norm=qk_norm).state_dict()
    assert all(torch.equal(other[name], plain[name]) for name in plain)
    assert (qk_norm == "none") == torch.equal(
        logits(transformer(qk_norm=qk_norm)), logits(transformer())
    )
