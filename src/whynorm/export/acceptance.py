"""What CTranslate2 can compute: everything else is refused before a file is written."""

import torch
from torch import nn

from whynorm.export.wiring import Joint, option, wiring
from whynorm.masks import algebra
from whynorm.masks.fill import Fill
from whynorm.masks.paper import Rules
from whynorm.model.layers import Decoder, Encoder
from whynorm.model.query_key import QueryKeyNorm
from whynorm.model.transformer import Transformer
from whynorm.norms.layer import LayerNorm
from whynorm.norms.norm import Norm
from whynorm.norms.rms import RMSNorm

NORMS = (LayerNorm, RMSNorm)
# How many tokens of a mask are compared with the paper's.
EXAMINED = 300


def require(model: Transformer, rules: Rules) -> None:
    """Raise ValueError, in one sentence, for a model whose like CTranslate2 cannot compute."""
    require_norms(model)
    for stack in (model.encoder, model.decoder):
        for layer in wiring(stack.placement).layers:
            for joint in layer:
                require_joint(stack, joint)
        if wiring(stack.placement).first is not None:
            refuse_placement(stack)
    for module in model.modules():
        if isinstance(module, QueryKeyNorm) and type(module) is not QueryKeyNorm:
            raise ValueError(f"qk_norm={option(module)}: exports to CTranslate2 know qk_norm=none")
    require_fill(model.fill)
    require_masks(rules)


def supports(model: Transformer) -> bool:
    """True if the norms are of those that CTranslate2 has."""
    return all(type(norm) in NORMS for norm in norms(model))


def norms(model: Transformer) -> list[Norm]:
    """The norms of both stacks."""
    stacks = [model.encoder.placement, model.decoder.placement]
    return [norm for stack in stacks for norm in stack.modules() if isinstance(norm, Norm)]


def require_norms(model: Transformer) -> None:
    """Refuse norms that CTranslate2 does not have, and several values of eps, of which it has one.

    It computes sqrt(mean of squares + eps), which is ours.
    """
    for norm in norms(model):
        if type(norm) not in NORMS:
            raise ValueError(f"norm={option(norm)}: CTranslate2 has none but layer and rms")
    eps = sorted({norm.eps for norm in norms(model)})
    if len(eps) > 1:
        raise ValueError(f"norm.eps is {eps[0]} here and {eps[1]} there: CTranslate2 has one value")


def require_joint(stack: Encoder | Decoder, joint: Joint) -> None:
    """Refuse wirings other than pre-norm's and post-norm's, up to factors that weights can hold."""
    post = joint.total is not None
    if (post and joint.residual != 1) or joint.after is not None or joint.hidden is not None:
        refuse_placement(stack)


def refuse_placement(stack: Encoder | Decoder) -> None:
    """Refuse the stack's placement."""
    raise ValueError(
        f"placement={option(stack.placement)}: CTranslate2 has norms before or behind each "
        "sub-layer; choose from lns, post, pre, rezero, t_fixup"
    )


def require_fill(fill: Fill) -> None:
    """Refuse a fill that is not the softmax over what is visible, found from its weights."""
    visible = torch.ones(1, 1, 8, 8, dtype=torch.bool).tril()
    scores = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    expected = scores.masked_fill(~visible, -torch.inf).softmax(-1)
    if not torch.allclose(fill.weights(scores, visible), expected):
        raise ValueError(
            f"mask_fill={type(fill).__name__}: CTranslate2 gives hidden keys no weight at all; "
            "choose one that does, such as fused or minus_1e9"
        )


def require_masks(rules: Rules) -> None:
    """Refuse rules that show a real token anything else than the paper's do, padding on the right.

    Found from the masks of one full sentence and a short one.
    """
    lengths = torch.tensor([[EXAMINED], [EXAMINED // 3]])
    real = torch.arange(EXAMINED) < lengths
    padding, ahead = algebra.padding_keys(real, real), algebra.look_ahead(real, real)
    found, query = rules(real, real), real[:, None, :, None]
    sites = {
        "encoder": (found.encoder, padding),
        "decoder": (found.decoder, padding & ahead),
        "cross": (found.cross, padding),
    }
    for site, (mine, paper) in sites.items():
        if bool(((mine != paper) & query).any()):
            raise ValueError(
                f"mask.{site}: what it hides from real tokens is not what mask=paper hides, and "
                "CTranslate2 has no other masks"
            )


def is_pre(module: nn.Module) -> bool:
    """True for a stack whose norms stand before its sub-layers."""
    assert isinstance(module, Encoder | Decoder)
    return all(joint.total is None for layer in wiring(module.placement).layers for joint in layer)
