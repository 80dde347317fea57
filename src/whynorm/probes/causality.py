"""Why an earlier target token may see a later one: the reasons, found before a run begins."""

from collections.abc import Iterable
from copy import deepcopy
from itertools import chain
from typing import NamedTuple

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from whynorm.masks.fill import Fill
from whynorm.masks.paper import Rules, visible
from whynorm.norms.norm import Norm

TOKENS = 32
FAR = 100.0


class Leaks(NamedTuple):
    """The reasons, a sentence each, for which the future shows in training and in evaluating."""

    training: list[str]
    evaluating: list[str]


def leaks(decoder_norms: Iterable[Norm], rules: Rules, fill: Fill) -> Leaks:
    """Every way in which the mask, the fill or a norm shows a target token a later one.

    The norms are asked by editing: one of each class and settings, on a copy.
    """
    norms = list(decoder_norms)
    always = [*mask_reasons(rules), *fill_reasons(rules, fill)]
    return Leaks(
        [*always, *norm_reasons(norms, training=True)],
        [*always, *norm_reasons(norms, training=False)],
    )


def mask_reasons(rules: Rules) -> list[str]:
    """How far the decoder's mask looks ahead, where it does."""
    if rules.causal:
        return []
    query, key = decoder_mask(rules)[0, 0].nonzero().unbind(-1)
    reach = int((key - query).max())
    seen = "every later token" if reach == TOKENS - 1 else f"up to {reach} later tokens"
    return [f"the decoder's mask shows {seen}"]


def fill_reasons(rules: Rules, fill: Fill) -> list[str]:
    """Whether the fill lets a later token in where the mask hides it."""
    if not fill.looks_ahead(decoder_mask(rules).tril()):
        return []
    return [f"the fill {type(fill).__name__} lets later tokens move the weights of earlier ones"]


def decoder_mask(rules: Rules) -> Bool[Tensor, "1 1 time time"]:
    """Who sees whom in the decoder's self-attention, without padding."""
    real = torch.ones(1, TOKENS, dtype=torch.bool)
    return visible(rules.decoder, real, real).expand(1, 1, TOKENS, TOKENS)


def norm_reasons(norms: list[Norm], *, training: bool) -> list[str]:
    """The decoder's norms through which a later token moves an earlier one, in one mode."""
    distinct = {(type(norm), settings(norm)): norm for norm in norms}
    leaking = [norm for norm in distinct.values() if looks_ahead(norm, training=training)]
    names = dict.fromkeys(type(norm).__name__ for norm in leaking)
    return [f"the decoder's {name} takes statistics over later tokens too" for name in names]


def settings(norm: Norm) -> str:
    """What a norm was built with, as text: two of a class that share it behave alike."""
    kinds = (bool, int, float, str)
    plain = {name: value for name, value in vars(norm).items() if isinstance(value, kinds)}
    return repr(sorted(plain.items()))


@torch.no_grad()
def looks_ahead(norm: Norm, *, training: bool) -> bool:
    """True if editing a later token moves the output at an earlier one; the norm is not touched.

    Its weight counts as one, lest a norm that begins at zero hides what it will show.
    """
    x = probe_input(norm)
    edited = x.clone()
    edited[:, -1] = -FAR * x[:, -1]
    real = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
    one, two = (fresh(norm, training).forward(given, real)[:, :-1] for given in (x, edited))
    return not torch.equal(one, two)


def probe_input(norm: Norm) -> Tensor:
    """Two random sentences of eight tokens, where the norm's numbers live."""
    x = torch.randn(2, 8, norm.d_model, generator=torch.Generator().manual_seed(0))
    owned = next(chain(norm.parameters(), norm.buffers()), x)
    return x.to(owned.device)


def fresh(norm: Norm, training: bool) -> Norm:
    """A copy of the norm in one mode, its weight one, without a penalty that awaits its loss."""
    copy = deepcopy(norm, {id(norm.penalty): None}).train(training)
    if copy.weight is not None:
        nn.init.ones_(copy.weight)
    return copy
