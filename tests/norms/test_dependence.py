"""Who may influence whom: the truth table, found by gradient and by editing inputs."""

import pytest
import torch
from torch import Tensor

from tests.norms.catalogue import VARIANTS, Variant, example
from tests.options import names, option

# the examined token is the second of the second sentence, which has padding at its end
SENTENCE, TOKEN = 1, 1
INFLUENCES = ["later tokens", "padding", "other sentences"]


def place(real: Tensor, influence: str) -> Tensor:
    """The positions meant by an influence, (batch, time)."""
    here = torch.zeros_like(real)
    here[SENTENCE] = True
    later = torch.arange(real.shape[1]) > TOKEN
    return {
        "later tokens": here & real & later,
        "padding": ~real,
        "other sentences": ~here & real,
    }[influence]


@pytest.mark.parametrize("influence", range(3), ids=INFLUENCES)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize("variant", [v for v in VARIANTS if v.option != "power"], ids=str)
def test_a_token_depends_by_gradient_on_what_the_truth_table_says(
    variant: Variant, training: bool, influence: int
) -> None:
    x, real = example()
    x.requires_grad_()
    variant.build().train(training)(x, real)[SENTENCE, TOKEN].square().sum().backward()
    assert x.grad is not None
    found = bool((x.grad[place(real, INFLUENCES[influence])].abs() > 1e-12).any())
    assert found == (variant.training if training else variant.evaluating)[influence]


@pytest.mark.parametrize("influence", range(3), ids=INFLUENCES)
@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluating"])
@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_token_depends_by_editing_on_what_the_truth_table_says(
    variant: Variant, training: bool, influence: int
) -> None:
    x, real = example()
    edited = x.clone()
    edited[place(real, INFLUENCES[influence])] += torch.linspace(30, 90, x.shape[-1]).double()
    before = variant.build().train(training)(x, real)[SENTENCE, TOKEN]
    after = variant.build().train(training)(edited, real)[SENTENCE, TOKEN]
    found = bool((before - after).abs().max() > 1e-9)
    assert found == (variant.training if training else variant.evaluating)[influence]


def test_the_gradient_of_power_norm_reaches_tokens_on_which_its_output_does_not_depend() -> None:
    x, real = example()
    x.requires_grad_()
    norm = option("norm", "power", "norm.warmup_updates=0")(x.shape[-1]).double()
    norm.nu.fill_(0.5)
    norm(x, real)[SENTENCE, TOKEN].square().sum().backward()
    assert x.grad is not None
    assert bool((x.grad[place(real, "other sentences")].abs() > 1e-3).all())
    assert not x.grad[~real].any()


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_a_norm_says_itself_whether_it_looks_across_time_when_evaluating(variant: Variant) -> None:
    assert variant.build().across_time == variant.evaluating[0]


def test_the_truth_table_has_a_row_for_every_norm_option() -> None:
    assert {variant.option for variant in VARIANTS} == set(names("norm"))
